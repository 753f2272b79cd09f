plugins {
    kotlin("jvm") version "2.2.0"
    application
}

application { mainClass = "com.acme.MainKt" }

dependencies { implementation("io.ktor:ktor-server-netty:3.2.0") }

kotlin { jvmToolchain(21) }
