# Written before the state bucket existed. Applied from a laptop; the state stays there.
provider "aws" {
  region = "us-east-1"
}

module "zones" {
  source = "terraform-aws-modules/route53/aws//modules/zones"

  zones = {
    "acme.example" = {
      comment = "public site"
    }
  }
}

resource "aws_route53_record" "shop" {
  zone_id = var.zone_id
  name    = "shop.acme.example"
  type    = "CNAME"
  ttl     = 300
  records = ["storefront.edge.acme.example"]
}
