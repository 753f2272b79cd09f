password = "<CHANGE_ME>"
