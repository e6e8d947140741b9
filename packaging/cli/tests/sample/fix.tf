# [TOOL]: 37 failures of 29 controls in account 111122223333, from scan.json (2026-03-02T08:00:00Z). Nothing has been run: read, then run.

provider "aws" {
  alias               = "eu_central_1"
  region              = "eu-central-1"
  allowed_account_ids = ["111122223333"]
}

provider "aws" {
  alias               = "us_east_1"
  region              = "us-east-1"
  allowed_account_ids = ["111122223333"]
}

# 1.2 security-contact · account · us-east-1
# The account has no contact for security.
# Terraform: aws_account_alternate_contact: alternate_contact_type = "SECURITY"

# 1.4 root-access-key · account · us-east-1
# The root user has an access key.
# BY HAND: Only root can delete the key: sign in as root. Where root access of member accounts is managed centrally, the management account can: sts:AssumeRoot with the task policy IAMDeleteRootUserCredentials.

# 1.6 root-hardware-mfa · account · us-east-1
# The root user has the virtual MFA device arn:aws:iam::111122223333:mfa/root-account-mfa-device.
# BY HAND: Only root can assign the device: whoever holds it signs in as root.

# 1.9 password-reuse · account · us-east-1
# The password policy remembers 5 passwords, fewer than 24.
# REPLACES: the password policy, with all rules that it has.
import {
  to       = aws_iam_account_password_policy.policy
  id       = "iam-account-password-policy"
  provider = aws.us_east_1
}

resource "aws_iam_account_password_policy" "policy" {
  provider = aws.us_east_1
  minimum_password_length = 14
  password_reuse_prevention = 24
  require_symbols = true
  require_numbers = true
  require_uppercase_characters = true
  require_lowercase_characters = true
  allow_users_to_change_password = true
  hard_expiry = false
}

# 1.10 console-user-mfa · user/bob · us-east-1
# The user has a console password and no MFA device (as of 2026-03-02T06:12:44Z).
# The user can do so in the console, without anybody else knowing the device. Or delete the password: aws iam delete-login-profile.
# Terraform: aws_iam_virtual_mfa_device, and assign it

# 1.11 initial-access-key · user/bob · us-east-1
# The user has a console password, and the first access key was never used (as of 2026-03-02T06:12:44Z).
# DELETES: the access key, which was never used.
# The ids: aws iam list-access-keys, and aws iam get-access-key-last-used for each.
# IAM renews the credential report every four hours: until then it fails as before.
# Terraform: aws_iam_access_key: status, or remove it

# 1.12 unused-credentials · user/bob · us-east-1
# Unused for 45 days or more: the first access key was never used and is 728 days old (as of 2026-03-02T06:12:44Z).
# DISRUPTIVE: what still uses the access key is denied access.
# The ids: aws iam list-access-keys, and aws iam get-access-key-last-used for each.
# IAM renews the credential report every four hours: until then it fails as before.
# Terraform: aws_iam_access_key: status, or remove it

# 1.13 single-active-key · user/bob · us-east-1
# The user has two active access keys (as of 2026-03-02T06:12:44Z).
# DISRUPTIVE: what still uses the access key is denied access.
# The ids: aws iam list-access-keys, and aws iam get-access-key-last-used for each.
# IAM renews the credential report every four hours: until then it fails as before.
# Terraform: aws_iam_access_key: status, or remove it

# 1.14 access-key-age · user/bob · us-east-1
# Older than 90 days: the first access key is 729 days old (as of 2026-03-02T06:12:44Z).
# DISRUPTIVE: what still uses the access key is denied access.
# The ids: aws iam list-access-keys, and aws iam get-access-key-last-used for each.
# IAM renews the credential report every four hours: until then it fails as before.
# Create a second key first, and move everything to it: aws iam create-access-key. Better, use a role.
# Terraform: aws_iam_access_key: status, or remove it

# 1.14 access-key-age · user/service/deploy · us-east-1
# Older than 90 days: the first access key is 152 days old (as of 2026-03-02T06:12:44Z).
# DISRUPTIVE: what still uses the access key is denied access.
# The ids: aws iam list-access-keys, and aws iam get-access-key-last-used for each.
# IAM renews the credential report every four hours: until then it fails as before.
# Create a second key first, and move everything to it: aws iam create-access-key. Better, use a role.
# Terraform: aws_iam_access_key: status, or remove it

# 1.15 user-direct-policies · user/bob · us-east-1
# The user has inline policies: quick-fix.
# DELETES: the inline policies; keep the documents that the script prints.
# DISRUPTIVE: the user loses what the group does not allow.
# Terraform: aws_iam_user_group_membership in place of aws_iam_user_policy_attachment and aws_iam_user_policy

# 1.15 user-direct-policies · user/service/deploy · us-east-1
# The user has attached policies: PowerUserAccess.
# DISRUPTIVE: the user loses what the group does not allow.
# Terraform: aws_iam_user_group_membership in place of aws_iam_user_policy_attachment and aws_iam_user_policy

# 1.15 user-direct-policies · user/break-glass · us-east-1
# The user has attached policies: AdministratorAccess.
# DISRUPTIVE: the user loses what the group does not allow.
# Terraform: aws_iam_user_group_membership in place of aws_iam_user_policy_attachment and aws_iam_user_policy

# 1.16 admin-policy · policy/legacy-admin · us-east-1
# Attached 2 times. Statement 'Everything' allows every action on every resource.
# BY HAND: Which actions the holders need, only people know: see IAM Access Advisor, or have IAM Access Analyzer generate a policy.

# 1.16 admin-policy · policy/AdministratorAccess · us-east-1
# Attached to user 'break-glass'. Statement 1 allows every action on every resource.
# BY HAND: Which actions the holders need, only people know: see IAM Access Advisor, or have IAM Access Analyzer generate a policy.

# 1.18 instance-profile · i-0a1b2c3d4e5f60002 · us-east-1
# The instance has no instance profile. Credentials on the instance cannot be seen from outside.
# Terraform: aws_instance: iam_instance_profile = the name of the profile

# 1.19 expired-certificate · server-certificate/intranet-2024 · us-east-1
# The certificate expired on 2025-04-30T23:59:59Z, 305 days ago.
# DELETES: the certificate. See first that no load balancer uses it.
# Terraform: aws_iam_server_certificate: remove it

# 1.20 access-analyzer · account · eu-central-1
# There is no analyzer in eu-central-1.
resource "aws_accessanalyzer_analyzer" "external_eu_central_1" {
  provider = aws.eu_central_1
  analyzer_name = "external"
  type = "ACCOUNT"
}

# 1.21 central-identity · account · us-east-1
# IAM users with a console password (as of 2026-03-02T06:12:44Z): alice, bob, break-glass.
# BY HAND: Where people sign in instead has to be there first: connect IAM Identity Center, then delete the passwords.

# 2.1.1 bucket-encryption · example-website · us-east-1
# Objects are not encrypted by default.
resource "aws_s3_bucket_server_side_encryption_configuration" "example_website" {
  provider = aws.us_east_1
  bucket = "example-website"
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

# 2.1.2 bucket-deny-http · example-customer-exports · eu-central-1
# Statement 'NoReadsInClear' denies plain HTTP, but not for s3:PutObject.
# DISRUPTIVE: who uses the bucket over plain HTTP is denied access.
# REPLACES: the bucket policy, with all statements that it has.
# Terraform: aws_s3_bucket_policy: add to the statements of policy {"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny","Principal":"*","Resource":["arn:aws:s3:::example-customer-exports","arn:aws:s3:::example-customer-exports/*"]}

# 2.1.2 bucket-deny-http · example-scratch · us-east-1
# The bucket has no policy, so plain HTTP is not denied.
# DISRUPTIVE: who uses the bucket over plain HTTP is denied access.
# REPLACES: the bucket policy, with all statements that it has.
# Terraform: aws_s3_bucket_policy: add to the statements of policy {"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny","Principal":"*","Resource":["arn:aws:s3:::example-scratch","arn:aws:s3:::example-scratch/*"]}

# 2.1.2 bucket-deny-http · example-website · us-east-1
# No statement denies plain HTTP. Statement 'ReadWithTls' is an Allow: its condition takes away nothing that others give.
# DISRUPTIVE: who uses the bucket over plain HTTP is denied access.
# REPLACES: the bucket policy, with all statements that it has.
# Terraform: aws_s3_bucket_policy: add to the statements of policy {"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny","Principal":"*","Resource":["arn:aws:s3:::example-website","arn:aws:s3:::example-website/*"]}

# 2.1.3 bucket-mfa-delete · example-customer-exports · eu-central-1
# Versioning is suspended.
# BY HAND: Only root with its MFA device can enable it: aws s3api put-bucket-versioning with the credentials and the option --mfa of root.

# 2.1.3 bucket-mfa-delete · example-website · us-east-1
# MFA delete is not enabled.
# BY HAND: Only root with its MFA device can enable it: aws s3api put-bucket-versioning with the credentials and the option --mfa of root.

# 2.1.4 bucket-data-classified · account · us-east-1
# Macie is not enabled, and no other tool is attested.
# COSTS: Macie charges for each bucket and for the data that it inspects. In the administrator account of Macie, the commands and their undo act on all member accounts.
# Or attest another tool that classifies the data.
# Terraform: aws_macie2_account and aws_macie2_classification_job

# 2.1.5 bucket-public-access-block · example-website · us-east-1
# Off at the bucket and at the account: BlockPublicPolicy, RestrictPublicBuckets.
# DISRUPTIVE: who reaches the bucket by a public ACL or policy is denied.
resource "aws_s3_bucket_public_access_block" "example_website" {
  provider = aws.us_east_1
  bucket = "example-website"
  block_public_acls = true
  block_public_policy = true
  ignore_public_acls = true
  restrict_public_buckets = true
}

# 2.2.1 ebs-default-encryption · account · eu-central-1
# New EBS volumes in eu-central-1 are not encrypted by default.
# It concerns new volumes only.
import {
  to       = aws_ebs_encryption_by_default.eu_central_1
  id       = "default"
  provider = aws.eu_central_1
}

resource "aws_ebs_encryption_by_default" "eu_central_1" {
  provider = aws.eu_central_1
  enabled = true
}

# 2.3.1 rds-encryption · legacy-crm · us-east-1
# The storage of legacy-crm is not encrypted.
# BY HAND: Encryption cannot be switched on later: copy a snapshot with a KMS key, restore it to a new instance, and move the clients.

# 2.3.2 rds-minor-upgrade · legacy-crm · us-east-1
# Minor versions are not installed automatically on legacy-crm.
# DISRUPTIVE: the instance is not available for a short time when it is upgraded, in its maintenance window.
# An instance of a Multi-AZ DB cluster is changed by its cluster: aws rds modify-db-cluster --auto-minor-version-upgrade.
# Terraform: aws_db_instance: auto_minor_version_upgrade = true

# 2.3.3 rds-public-access · legacy-crm · us-east-1
# Instance legacy-crm is publicly accessible, and subnet-0a000000000000003 routes to igw-0a000000000000001 (rtb-0a000000000000002).
# DISRUPTIVE: clients outside of the VPC lose their connection.
# AWS refuses it for an instance of a Multi-AZ DB cluster: restore such a cluster from a snapshot without public access.
# Terraform: aws_db_instance: publicly_accessible = false

# 2.4.1 efs-encryption · fs-0a000000000000002 · us-east-1
# The file system is not encrypted at rest.
# BY HAND: Encryption cannot be switched on later: create an encrypted file system, copy the data, for example with AWS DataSync, and mount it instead.

# 5.1 nacl-admin-ports · acl-0a000000000000001 · us-east-1
# Port 22 is open to 0.0.0.0/0 over TCP: entry 100 allows all traffic from 0.0.0.0/0.
# DISRUPTIVE: entry 100 allows all traffic from 0.0.0.0/0, and from then on the administration ports, and protocols other than TCP, UDP and ICMP, from the network of administrators only.
# What stays open is added first, at numbers that are free.
# Network ACLs keep no state: a reply to a connection that uses one of these ports at this end is cut too.
# Terraform: aws_network_acl_rule: cidr_block = the network of administrators, and further rules for the other ports

# 5.2 sg-admin-ports-ipv4 · sg-0a000000000000003 (bastion) · us-east-1
# Port 22 is open to 0.0.0.0/0: tcp 22 from 0.0.0.0/1, 128.0.0.0/1.
# DISRUPTIVE: cuts connections that use these rules.
# Or narrow the source to your own network.
# Terraform: aws_vpc_security_group_ingress_rule, or ingress of aws_security_group: remove the sources that the reason names

# 5.2 sg-admin-ports-ipv4 · sg-0a000000000000005 (training-lab) · us-east-1
# Port 22 is open to 0.0.0.0/0: all traffic from 0.0.0.0/0. (An exception expired on 2026-01-31.)
# DISRUPTIVE: cuts connections that use these rules.
# Or narrow the source to your own network.
# Terraform: aws_vpc_security_group_ingress_rule, or ingress of aws_security_group: remove the sources that the reason names

# 5.4 default-sg-closed · sg-0b000000000000001 · eu-central-1
# The default group of vpc-0b000000000000001 has 1 ingress rule and 1 egress rule.
# DISRUPTIVE: cuts connections of everything that is in the default group.
# Terraform: aws_default_security_group: vpc_id, without ingress and egress

# 5.5 peering-routes · rtb-0a000000000000002 · us-east-1
# The route to 10.1.0.0/16 by pcx-0a000000000000001 covers all of 10.1.0.0/16 of vpc-0c000000000000001 (account 999988887777).
# DISRUPTIVE: cuts connections to the rest of the peer VPC.
# Terraform: aws_route: destination_cidr_block = what is needed of the peer VPC

# 37 failures: 15 with commands, 13 with inputs, 9 by hand; 7 not assessed and 2 waived are left alone.
