"""From a failing verdict to the missing files: templates, answers from evidence, a plan, and a write that is all or nothing."""
