# [TOOL]: 37 failures of 29 controls in account 111122223333, from scan.json (2026-03-02T08:00:00Z). Nothing has been changed. Review this output before you use it.

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
# The account has no security alternate contact.
# Terraform: aws_account_alternate_contact: alternate_contact_type = "SECURITY"

# 1.4 root-access-key · account · us-east-1
# The root user has an access key.
# BY HAND: Only the root user can delete the key: sign in as the root user. If root access to member accounts is managed centrally, the management account can also delete the key: sts:AssumeRoot with the task policy IAMDeleteRootUserCredentials.

# 1.6 root-hardware-mfa · account · us-east-1
# The root user has the virtual MFA device 'arn:aws:iam::111122223333:mfa/root-account-mfa-device'.
# BY HAND: Only the root user can assign the device: the holder of the device has to sign in as the root user.

# 1.9 password-reuse · account · us-east-1
# The password policy remembers 5 passwords, fewer than 24.
# REPLACES: the password policy. All other rules are kept.
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
# The user can assign the device in the console, so that no one else has its secret. Alternatively, delete the password: aws iam delete-login-profile.
# Terraform: aws_iam_virtual_mfa_device, and assign it

# 1.11 initial-access-key · user/bob · us-east-1
# The user has a console password, and the first access key was never used (as of 2026-03-02T06:12:44Z).
# DELETES: the access key, which was never used.
# The ids: aws iam list-access-keys, and aws iam get-access-key-last-used for each.
# IAM generates a new credential report every four hours: until then the control still fails.
# Terraform: aws_iam_access_key: status, or remove it

# 1.12 unused-credentials · user/bob · us-east-1
# A credential is unused for 45 days or more: the first access key was never used and is 728 days old (as of 2026-03-02T06:12:44Z).
# DISRUPTIVE: requests that still use the access key are denied.
# The ids: aws iam list-access-keys, and aws iam get-access-key-last-used for each.
# IAM generates a new credential report every four hours: until then the control still fails.
# Terraform: aws_iam_access_key: status, or remove it

# 1.13 single-active-key · user/bob · us-east-1
# Both access keys of the user are active (as of 2026-03-02T06:12:44Z).
# DISRUPTIVE: requests that still use the access key are denied.
# The ids: aws iam list-access-keys, and aws iam get-access-key-last-used for each.
# IAM generates a new credential report every four hours: until then the control still fails.
# Terraform: aws_iam_access_key: status, or remove it

# 1.14 access-key-age · user/bob · us-east-1
# An active access key is older than 90 days: the first access key is 729 days old (as of 2026-03-02T06:12:44Z).
# DISRUPTIVE: requests that still use the access key are denied.
# The ids: aws iam list-access-keys, and aws iam get-access-key-last-used for each.
# IAM generates a new credential report every four hours: until then the control still fails.
# First create a second key with aws iam create-access-key and move all workloads to the new key. Where possible, use a role instead.
# Terraform: aws_iam_access_key: status, or remove it

# 1.14 access-key-age · user/service/deploy · us-east-1
# An active access key is older than 90 days: the first access key is 152 days old (as of 2026-03-02T06:12:44Z).
# DISRUPTIVE: requests that still use the access key are denied.
# The ids: aws iam list-access-keys, and aws iam get-access-key-last-used for each.
# IAM generates a new credential report every four hours: until then the control still fails.
# First create a second key with aws iam create-access-key and move all workloads to the new key. Where possible, use a role instead.
# Terraform: aws_iam_access_key: status, or remove it

# 1.15 user-direct-policies · user/bob · us-east-1
# The user has inline policies: 'quick-fix'.
# DELETES: the inline policies. Keep the documents that the script prints.
# DISRUPTIVE: the user loses all permissions that the group does not have.
# Terraform: aws_iam_user_group_membership in place of aws_iam_user_policy_attachment and aws_iam_user_policy

# 1.15 user-direct-policies · user/service/deploy · us-east-1
# The user has attached policies: 'PowerUserAccess'.
# DISRUPTIVE: the user loses all permissions that the group does not have.
# Terraform: aws_iam_user_group_membership in place of aws_iam_user_policy_attachment and aws_iam_user_policy

# 1.15 user-direct-policies · user/break-glass · us-east-1
# The user has attached policies: 'AdministratorAccess'.
# DISRUPTIVE: the user loses all permissions that the group does not have.
# Terraform: aws_iam_user_group_membership in place of aws_iam_user_policy_attachment and aws_iam_user_policy

# 1.16 admin-policy · policy/legacy-admin · us-east-1
# Attached 2 times. Statement 'Everything' allows every action on every resource.
# BY HAND: A person has to decide which actions the holders need. IAM Access Advisor shows which actions they use, and IAM Access Analyzer can generate a policy.

# 1.16 admin-policy · policy/AdministratorAccess · us-east-1
# Attached to user 'break-glass'. Statement 1 allows every action on every resource.
# BY HAND: A person has to decide which actions the holders need. IAM Access Advisor shows which actions they use, and IAM Access Analyzer can generate a policy.

# 1.18 instance-profile · i-0a1b2c3d4e5f60002 · us-east-1
# The instance has no instance profile. AWS APIs do not show credentials on the instance.
# Terraform: aws_instance: iam_instance_profile = the name of the profile

# 1.19 expired-certificate · server-certificate/intranet-2024 · us-east-1
# The certificate expired on 2025-04-30T23:59:59Z, 305 days ago.
# DELETES: the certificate. First check that no load balancer uses it.
# Terraform: aws_iam_server_certificate: remove it

# 1.20 access-analyzer · account · eu-central-1
# No analyzer exists in eu-central-1.
resource "aws_accessanalyzer_analyzer" "external_eu_central_1" {
  provider = aws.eu_central_1
  analyzer_name = "external"
  type = "ACCOUNT"
}

# 1.21 central-identity · account · us-east-1
# IAM users with a console password (as of 2026-03-02T06:12:44Z): 'alice', 'bob', 'break-glass'.
# BY HAND: People need another way to sign in first: connect IAM Identity Center, then delete the passwords.

# 2.1.1 bucket-encryption · example-website · us-east-1
# The bucket has no default encryption.
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
# DISRUPTIVE: requests over plain HTTP are denied.
# REPLACES: the bucket policy. Existing statements are kept.
# Terraform: aws_s3_bucket_policy: add to the statements of policy {"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny","Principal":"*","Resource":["arn:aws:s3:::example-customer-exports","arn:aws:s3:::example-customer-exports/*"]}

# 2.1.2 bucket-deny-http · example-scratch · us-east-1
# The bucket has no policy, so plain HTTP is not denied.
# DISRUPTIVE: requests over plain HTTP are denied.
# REPLACES: the bucket policy. Existing statements are kept.
# Terraform: aws_s3_bucket_policy: add to the statements of policy {"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny","Principal":"*","Resource":["arn:aws:s3:::example-scratch","arn:aws:s3:::example-scratch/*"]}

# 2.1.2 bucket-deny-http · example-website · us-east-1
# No statement denies plain HTTP. Statement 'ReadWithTls' is an Allow statement: its condition does not restrict access that other statements allow.
# DISRUPTIVE: requests over plain HTTP are denied.
# REPLACES: the bucket policy. Existing statements are kept.
# Terraform: aws_s3_bucket_policy: add to the statements of policy {"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny","Principal":"*","Resource":["arn:aws:s3:::example-website","arn:aws:s3:::example-website/*"]}

# 2.1.3 bucket-mfa-delete · example-customer-exports · eu-central-1
# Versioning is suspended.
# BY HAND: Only the root user can enable MFA delete: aws s3api put-bucket-versioning with the credentials of the root user and the option --mfa.

# 2.1.3 bucket-mfa-delete · example-website · us-east-1
# MFA delete is not enabled.
# BY HAND: Only the root user can enable MFA delete: aws s3api put-bucket-versioning with the credentials of the root user and the option --mfa.

# 2.1.4 bucket-data-classified · account · us-east-1
# Macie is not enabled, and no other tool is attested.
# COSTS: Macie charges for each bucket and for the data that it inspects. In the administrator account of Macie, the commands and their undo act on all member accounts.
# Alternatively, attest another tool that classifies the data.
# Terraform: aws_macie2_account and aws_macie2_classification_job

# 2.1.5 bucket-public-access-block · example-website · us-east-1
# Disabled for the bucket and for the account: BlockPublicPolicy, RestrictPublicBuckets.
# DISRUPTIVE: access through a public ACL or policy is denied.
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
# The setting applies to new volumes only.
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
# DB instance 'legacy-crm' is not encrypted.
# BY HAND: The encryption of an existing DB instance cannot be changed: copy a snapshot with a KMS key, restore the copy to a new instance, and move the clients.

# 2.3.2 rds-minor-upgrade · legacy-crm · us-east-1
# Automatic minor version upgrades are disabled on DB instance 'legacy-crm'.
# DISRUPTIVE: the instance is unavailable for a short time during an upgrade in its maintenance window.
# For an instance of a Multi-AZ DB cluster, modify the cluster: aws rds modify-db-cluster --auto-minor-version-upgrade.
# Terraform: aws_db_instance: auto_minor_version_upgrade = true

# 2.3.3 rds-public-access · legacy-crm · us-east-1
# DB instance 'legacy-crm' is publicly accessible, and subnet-0a000000000000003 routes to igw-0a000000000000001 (rtb-0a000000000000002).
# DISRUPTIVE: clients outside the VPC lose their connections.
# AWS does not support this change for an instance of a Multi-AZ DB cluster: restore such a cluster from a snapshot without public access.
# Terraform: aws_db_instance: publicly_accessible = false

# 2.4.1 efs-encryption · fs-0a000000000000002 · us-east-1
# The file system is not encrypted at rest.
# BY HAND: The encryption of an existing file system cannot be changed: create an encrypted file system, copy the data, for example with AWS DataSync, and mount the new file system.

# 5.1 nacl-admin-ports · acl-0a000000000000001 · us-east-1
# Port 22 is open to 0.0.0.0/0 over TCP: entry 100 allows all traffic from 0.0.0.0/0.
# DISRUPTIVE: entry 100 allows all traffic from 0.0.0.0/0. Afterwards, the entry allows the administration ports and protocols other than TCP, UDP and ICMP only from the network of administrators.
# The script first adds entries for the traffic that stays allowed, with free rule numbers.
# Network ACLs are stateless: replies to connections that use one of these ports as the local port are blocked too.
# Terraform: aws_network_acl_rule: cidr_block = the network of administrators, and additional rules for the other ports

# 5.2 sg-admin-ports-ipv4 · sg-0a000000000000003 (bastion) · us-east-1
# Port 22 is open to 0.0.0.0/0: tcp 22 from 0.0.0.0/1, 128.0.0.0/1.
# DISRUPTIVE: connections that use these rules are cut.
# Alternatively, restrict the source to your own network.
# Terraform: aws_vpc_security_group_ingress_rule, or ingress of aws_security_group: remove the sources in the reason

# 5.2 sg-admin-ports-ipv4 · sg-0a000000000000005 (training-lab) · us-east-1
# Port 22 is open to 0.0.0.0/0: all traffic from 0.0.0.0/0. (An exception expired on 2026-01-31.)
# DISRUPTIVE: connections that use these rules are cut.
# Alternatively, restrict the source to your own network.
# Terraform: aws_vpc_security_group_ingress_rule, or ingress of aws_security_group: remove the sources in the reason

# 5.4 default-sg-closed · sg-0b000000000000001 · eu-central-1
# The default security group of vpc-0b000000000000001 has 1 inbound rule and 1 outbound rule.
# DISRUPTIVE: connections of all resources in the default security group are cut.
# Terraform: aws_default_security_group: vpc_id, without ingress and egress

# 5.5 peering-routes · rtb-0a000000000000002 · us-east-1
# The route to 10.1.0.0/16 through pcx-0a000000000000001 covers all of 10.1.0.0/16 of vpc-0c000000000000001 (account 999988887777).
# DISRUPTIVE: connections to the rest of the peer VPC are cut.
# Terraform: aws_route: destination_cidr_block = the required part of the peer VPC

# 37 failures: 15 with commands, 13 with commands that need values, 9 to fix by hand. Not included: 7 not assessed, 2 waived, 24 failures of other controls.
