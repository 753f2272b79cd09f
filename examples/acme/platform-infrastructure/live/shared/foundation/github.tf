module "github_oidc" {
  source  = "terraform-aws-modules/iam/aws//modules/iam-oidc-provider"
  version = "~> 6.0"

  url = "https://token.actions.githubusercontent.com"
}

locals {
  roles = {
    terraform-plan = ["repo:acme-example/platform-infrastructure:pull_request"]
    image-push = [
      for name in ["checkout", "catalog"] : "repo:acme-example/${name}:ref:refs/heads/main"
    ]
  }
}

data "aws_iam_policy_document" "github" {
  for_each = local.roles

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [module.github_oidc.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = each.value
    }
  }
}

resource "aws_iam_role" "github" {
  for_each = local.roles

  name               = each.key
  assume_role_policy = data.aws_iam_policy_document.github[each.key].json
}

resource "aws_iam_role_policy_attachment" "plan" {
  role       = aws_iam_role.github["terraform-plan"].name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}

resource "aws_iam_role_policy_attachment" "push" {
  role       = aws_iam_role.github["image-push"].name
  policy_arn = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPowerUser"
}
