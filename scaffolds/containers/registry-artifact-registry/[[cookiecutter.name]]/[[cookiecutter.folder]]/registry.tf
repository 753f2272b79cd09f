[% set c = cookiecutter -%]
[% if not c.region and c.fresh == "no" -%]
variable "registry_location" {
  description = "Region or multi-region that keeps the images."
  type        = string
}

[% endif -%]
resource "google_artifact_registry_repository" "images" {
  repository_id = "images"
  description   = "Container images: [[ c.images.split() | join(', ') ]]."
  format        = "DOCKER"
  location      = [% if c.fresh == "yes" %]var.region[% elif c.region %]"[[ c.region ]]"[% else %]var.registry_location[% endif %]

  docker_config {
    # A tag names one image for ever: what was deployed by commit stays what it was.
    immutable_tags = true
  }

  # Scans when the project does: see below.
  vulnerability_scanning_config {
    enablement_config = "INHERITED"
  }
}

# Scans images when they are pushed and again when vulnerabilities become known; billed by image.
resource "google_project_service" "container_scanning" {
  service            = "containerscanning.googleapis.com"
  disable_on_destroy = false
}

output "image_repository" {
  description = "Where to push images to."
  value       = google_artifact_registry_repository.images.registry_uri
}
