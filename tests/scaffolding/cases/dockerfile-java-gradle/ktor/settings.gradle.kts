rootProject.name = "events"
