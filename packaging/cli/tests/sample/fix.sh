#!/usr/bin/env bash
# [TOOL]: 61 failures of 51 controls in account 111122223333, from scan.json (2026-03-02T08:00:00Z). Nothing has been changed. Review this output before you use it.
# Names are in single quotes because nothing must expand. Some functions are used only by commands in comments.
# shellcheck disable=SC1003,SC1111,SC1112,SC2016,SC2317,SC2329
set -Eeuo pipefail
export AWS_PAGER=''
trap 'echo "stopped at line $LINENO: scan again, then create a new script" >&2' ERR
command -v jq >/dev/null || { echo 'this script requires jq (https://jqlang.org)' >&2; exit 1; }
test "$(aws sts get-caller-identity --region eu-central-1 --query Account --output text)" = 111122223333 || { echo 'this script is for account 111122223333' >&2; exit 1; }

# Set these variables here or in the environment. Variables in comments are for commands in comments.
SECURITY_NAME=${SECURITY_NAME:-}  # the name of the contact
SECURITY_TITLE=${SECURITY_TITLE:-}  # the title of the contact
SECURITY_EMAIL=${SECURITY_EMAIL:-}  # a monitored mailbox
SECURITY_PHONE=${SECURITY_PHONE:-}  # a phone number that the security team answers
MFA_SERIAL_1=${MFA_SERIAL_1:-}  # the ARN of the MFA device of bob
MFA_CODE_1=${MFA_CODE_1:-}  # a code of the MFA device of bob
MFA_NEXT_CODE_1=${MFA_NEXT_CODE_1:-}  # the device's next code of bob
#ACCESS_KEY_ID_1=${ACCESS_KEY_ID_1:-}  # the id of an access key of bob: the one that was never used
#ACCESS_KEY_ID_2=${ACCESS_KEY_ID_2:-}  # the id of an access key of bob: the unused one
#ACCESS_KEY_ID_3=${ACCESS_KEY_ID_3:-}  # the id of an access key of bob: the older one
#ACCESS_KEY_ID_4=${ACCESS_KEY_ID_4:-}  # the id of an access key of deploy: the older one
#GROUP_1=${GROUP_1:-}  # a group with the permissions of bob
#GROUP_2=${GROUP_2:-}  # a group with the permissions of deploy
#GROUP_3=${GROUP_3:-}  # a group with the permissions of break-glass
INSTANCE_PROFILE_1=${INSTANCE_PROFILE_1:-}  # the name of the instance profile for i-0a1b2c3d4e5f60002
#LOG_GROUP_ARN_1=${LOG_GROUP_ARN_1:-}  # the ARN, with :* at the end, of the log group of legacy
#LOG_ROLE_ARN_1=${LOG_ROLE_ARN_1:-}  # the ARN of the role that CloudTrail assumes for the logs of legacy
#CONFIG_ROLE_ARN=${CONFIG_ROLE_ARN:-}  # the ARN of the role for AWS Config, for example of AWSServiceRoleForConfig
#CONFIG_BUCKET=${CONFIG_BUCKET:-}  # the S3 bucket to which AWS Config delivers
#ACCESS_LOG_BUCKET_1=${ACCESS_LOG_BUCKET_1:-}  # a bucket in the Region of example-audit-logs to which Amazon S3 can deliver logs
#ACCESS_LOG_BUCKET_2=${ACCESS_LOG_BUCKET_2:-}  # a bucket in the Region of example-website to which Amazon S3 can deliver logs
#TRAIL_KEY_ARN_1=${TRAIL_KEY_ARN_1:-}  # the ARN of a KMS key in eu-central-1 whose policy allows CloudTrail
#FLOW_LOG_BUCKET_ARN=${FLOW_LOG_BUCKET_ARN:-}  # the ARN of the bucket for flow logs
ALARM_EMAIL=${ALARM_EMAIL:-}  # the email address that alarms notify
#ADMIN_NETWORK=${ADMIN_NETWORK:-}  # the IPv4 network of administrators, as a CIDR block
#PEER_NETWORK_1=${PEER_NETWORK_1:-}  # the required part of 10.1.0.0/16 behind pcx-0a000000000000001, as a CIDR block
inputs=(SECURITY_NAME SECURITY_TITLE SECURITY_EMAIL SECURITY_PHONE MFA_SERIAL_1 MFA_CODE_1 MFA_NEXT_CODE_1 INSTANCE_PROFILE_1 ALARM_EMAIL)
absent=0
for input in "${inputs[@]}"; do
  if [ -z "${!input}" ]; then
    echo "set $input at the top of this script" >&2
    absent=1
  fi
done
[ "$absent" = 0 ] || exit 1

# Prints the output of a command, or {} if AWS returns the error code $1: the document does not exist.
read_or_empty() {
  local code=$1 output errors
  shift
  errors=$(mktemp) || return 1
  if output=$("$@" 2>"$errors"); then
    printf '%s\n' "$output"
  elif grep -qF "($code)" "$errors"; then
    echo '{}'
  else
    cat "$errors" >&2
    rm -f "$errors"
    return 1
  fi
  rm -f "$errors"
}

# Shows the change of a JSON document from $1 to $2, and the command that undoes the change.
show_change() {
  diff -u --label before --label after <(jq -S . <<<"$1") <(jq -S . <<<"$2") || true
  shift 2
  printf 'Undo:'
  printf ' %q' "$@"
  echo
}

# Sets rules of the account's password policy to at least the numbers in $2 (JSON), through Region $1, and
# repeats the other rules: IAM replaces the whole policy. Without a policy, IAM requires 8 characters of
# three of four types. A policy cannot express this, so the new policy requires all four types.
restate_password_policy() {
  local policy changed undo
  policy=$(read_or_empty NoSuchEntity aws iam get-account-password-policy --region "$1" \
    --query PasswordPolicy --output json) || return 1
  policy=$(jq -c 'del(.ExpirePasswords) | with_entries(select(.value != null))
    | if .MaxPasswordAge == 0 then del(.MaxPasswordAge) else . end' <<<"$policy") || return 1
  changed=$(jq -c --argjson least "$2" '
    (if . == {} then {MinimumPasswordLength: 8, RequireSymbols: true, RequireNumbers: true,
      RequireUppercaseCharacters: true, RequireLowercaseCharacters: true} else . end)
    | reduce ($least | to_entries[]) as $rule (.;
        .[$rule.key] = ([.[$rule.key] // 0, $rule.value] | max))' <<<"$policy") || return 1
  undo=(aws iam delete-account-password-policy --region "$1")
  if [ "$policy" != '{}' ]; then
    undo=(aws iam update-account-password-policy --region "$1" --cli-input-json "$policy")
  fi
  show_change "$policy" "$changed" "${undo[@]}"
  aws iam update-account-password-policy --region "$1" --cli-input-json "$changed"
}

# Deletes access key $3 of user $2, through Region $1, and remembers it for other controls below.
delete_access_key() {
  aws iam delete-access-key --region "$1" --user-name="$2" --access-key-id "$3" || return 1
  deleted_access_keys="${deleted_access_keys:-} $3"
}

# Deactivates access key $3 of user $2, through Region $1, unless this script has deleted it.
deactivate_access_key() {
  case " ${deleted_access_keys:-} " in
    *" $3 "*) echo "access key $3 of $2 is already deleted" ;;
    *) aws iam update-access-key --region "$1" --user-name="$2" --access-key-id "$3" --status Inactive ;;
  esac
}

# Adds the statement $3 (JSON) to the policy of bucket $2 in Region $1 and keeps the other statements:
# Amazon S3 replaces the whole policy.
add_bucket_statement() {
  local policy changed undo
  policy=$(read_or_empty NoSuchBucketPolicy aws s3api get-bucket-policy --region "$1" --bucket "$2" \
    --query Policy --output text) || return 1
  changed=$(jq -c --argjson new "$3" '
    (if . == {} then {Version: "2012-10-17"} else . end)
    | .Statement |= (if . == null then [] elif type == "array" then . else [.] end)
    | if any(.Statement[]; . == $new) then . else .Statement += [$new] end' <<<"$policy") || return 1
  undo=(aws s3api delete-bucket-policy --region "$1" --bucket "$2")
  if [ "$policy" != '{}' ]; then
    undo=(aws s3api put-bucket-policy --region "$1" --bucket "$2" --policy "$policy")
  fi
  show_change "$policy" "$changed" "${undo[@]}"
  aws s3api put-bucket-policy --region "$1" --bucket "$2" --policy "$changed"
}

# Creates a flow log of VPC $2 in Region $1 for traffic type $3, with the S3 bucket with ARN $4 as its
# destination. AWS returns success even if it creates no flow log.
create_flow_log() {
  local answer
  answer=$(aws ec2 create-flow-logs --region "$1" --resource-type VPC --resource-ids "$2" \
    --traffic-type "$3" --log-destination-type s3 --log-destination "$4" --output json) || return 1
  printf '%s\n' "$answer"
  jq -e '.Unsuccessful // [] | length == 0' <<<"$answer" >/dev/null
}

# Adds an event selector to trail $2 of Region $1 and keeps the others: CloudTrail replaces all selectors.
# $3 is the selector for a trail with basic selectors, $4 for a trail with advanced selectors (JSON). A
# selector for all management events replaces the selectors for some of them.
add_event_selector() {
  local answer kind option new selectors changed
  answer=$(aws cloudtrail get-event-selectors --region "$1" --trail-name "$2" --output json) || return 1
  kind=EventSelectors option=--event-selectors new=$3
  if jq -e '.AdvancedEventSelectors // [] | length > 0' <<<"$answer" >/dev/null; then
    kind=AdvancedEventSelectors option=--advanced-event-selectors new=$4
  fi
  selectors=$(jq -c --arg kind "$kind" '.[$kind] // []' <<<"$answer") || return 1
  changed=$(jq -c --argjson new "$new" '
    def is_management:
      if has("FieldSelectors") then any(.FieldSelectors[]; .Field == "eventCategory" and .Equals == ["Management"])
      else .IncludeManagementEvents and ((.DataResources // []) == []) end;
    if any(.[]; . == $new) then . else
      (if $new | is_management then map(select(is_management | not)) else . end) + [$new] end' \
    <<<"$selectors") || return 1
  show_change "$selectors" "$changed" \
    aws cloudtrail put-event-selectors --region "$1" --trail-name "$2" "$option" "$selectors"
  aws cloudtrail put-event-selectors --region "$1" --trail-name "$2" "$option" "$changed"
}

# Prints the ARN of the SNS topic plumbline-alarms of Region $1, and subscribes the email address $2 to the
# topic unless it is already subscribed.
alarm_topic() {
  local topic addresses
  topic=$(aws sns create-topic --region "$1" --name plumbline-alarms --query TopicArn --output text) ||
    return 1
  addresses=$(aws sns list-subscriptions-by-topic --region "$1" --topic-arn "$topic" \
    --query 'Subscriptions[].[Endpoint]' --output text) || return 1
  grep -qxF -e "$2" <<<"$addresses" ||
    aws sns subscribe --region "$1" --topic-arn "$topic" --protocol email \
      --notification-endpoint "$2" >/dev/null || return 1
  printf '%s\n' "$topic"
}

# Removes all rules of security group $2 in Region $1, by their ids, because the rules may have changed
# since the scan. It first prints the rules with their descriptions and tags.
remove_all_rules() {
  local filter rules ids
  filter=$(jq -nc --arg id "$2" '[{Name: "group-id", Values: [$id]}]') || return 1
  rules=$(aws ec2 describe-security-group-rules --region "$1" --filters "$filter" --output json) ||
    return 1
  printf '%s\n' "$rules"
  ids=$(jq -c '[.SecurityGroupRules[] | select(.IsEgress | not).SecurityGroupRuleId]' <<<"$rules") ||
    return 1
  [ "$ids" = '[]' ] ||
    aws ec2 revoke-security-group-ingress --region "$1" --group-id="$2" --security-group-rule-ids "$ids" ||
    return 1
  ids=$(jq -c '[.SecurityGroupRules[] | select(.IsEgress).SecurityGroupRuleId]' <<<"$rules") || return 1
  [ "$ids" = '[]' ] ||
    aws ec2 revoke-security-group-egress --region "$1" --group-id="$2" --security-group-rule-ids "$ids"
}

# 1.2 security-contact · account · us-east-1
# The account has no security alternate contact.
aws account put-alternate-contact --region us-east-1 --alternate-contact-type SECURITY --name "$SECURITY_NAME" --title "$SECURITY_TITLE" --email-address "$SECURITY_EMAIL" --phone-number "$SECURITY_PHONE"

# 1.4 root-access-key · account · us-east-1
# The root user has an access key.
# BY HAND: Only the root user can delete the key: sign in as the root user. If root access to member accounts is managed centrally, the management account can also delete the key: sts:AssumeRoot with the task policy IAMDeleteRootUserCredentials.

# 1.6 root-hardware-mfa · account · us-east-1
# The root user has the virtual MFA device 'arn:aws:iam::111122223333:mfa/root-account-mfa-device'.
# BY HAND: Only the root user can assign the device: the holder of the device has to sign in as the root user.

# 1.9 password-reuse · account · us-east-1
# The password policy remembers 5 passwords, fewer than 24.
# REPLACES: the password policy. All other rules are kept.
# Undo: the command that the script prints after "Undo:".
#restate_password_policy us-east-1 '{"PasswordReusePrevention":24}'

# 1.10 console-user-mfa · user/bob · us-east-1
# The user has a console password and no MFA device (as of 2026-03-02T06:12:44Z).
# The user can assign the device in the console, so that no one else has its secret. Alternatively, delete the password: aws iam delete-login-profile.
# Undo: aws iam deactivate-mfa-device with the same user and device
aws iam enable-mfa-device --region us-east-1 --user-name bob --serial-number "$MFA_SERIAL_1" --authentication-code1 "$MFA_CODE_1" --authentication-code2 "$MFA_NEXT_CODE_1"

# 1.11 initial-access-key · user/bob · us-east-1
# The user has a console password, and the first access key was never used (as of 2026-03-02T06:12:44Z).
# DELETES: the access key, which was never used.
# The ids: aws iam list-access-keys, and aws iam get-access-key-last-used for each.
# IAM generates a new credential report every four hours: until then the control still fails.
#delete_access_key us-east-1 bob "$ACCESS_KEY_ID_1"

# 1.12 unused-credentials · user/bob · us-east-1
# A credential is unused for 45 days or more: the first access key was never used and is 728 days old (as of 2026-03-02T06:12:44Z).
# DISRUPTIVE: requests that still use the access key are denied.
# The ids: aws iam list-access-keys, and aws iam get-access-key-last-used for each.
# IAM generates a new credential report every four hours: until then the control still fails.
# Undo: aws iam update-access-key --status Active for the same key
#deactivate_access_key us-east-1 bob "$ACCESS_KEY_ID_2"

# 1.13 single-active-key · user/bob · us-east-1
# Both access keys of the user are active (as of 2026-03-02T06:12:44Z).
# DISRUPTIVE: requests that still use the access key are denied.
# The ids: aws iam list-access-keys, and aws iam get-access-key-last-used for each.
# IAM generates a new credential report every four hours: until then the control still fails.
# Undo: aws iam update-access-key --status Active for the same key
#deactivate_access_key us-east-1 bob "$ACCESS_KEY_ID_3"

# 1.14 access-key-age · user/bob · us-east-1
# An active access key is older than 90 days: the first access key is 729 days old (as of 2026-03-02T06:12:44Z).
# DISRUPTIVE: requests that still use the access key are denied.
# The ids: aws iam list-access-keys, and aws iam get-access-key-last-used for each.
# IAM generates a new credential report every four hours: until then the control still fails.
# First create a second key with aws iam create-access-key and move all workloads to the new key. Where possible, use a role instead.
# Undo: aws iam update-access-key --status Active for the same key
#deactivate_access_key us-east-1 bob "$ACCESS_KEY_ID_3"

# 1.14 access-key-age · user/service/deploy · us-east-1
# An active access key is older than 90 days: the first access key is 152 days old (as of 2026-03-02T06:12:44Z).
# DISRUPTIVE: requests that still use the access key are denied.
# The ids: aws iam list-access-keys, and aws iam get-access-key-last-used for each.
# IAM generates a new credential report every four hours: until then the control still fails.
# First create a second key with aws iam create-access-key and move all workloads to the new key. Where possible, use a role instead.
# Undo: aws iam update-access-key --status Active for the same key
#deactivate_access_key us-east-1 deploy "$ACCESS_KEY_ID_4"

# 1.15 user-direct-policies · user/bob · us-east-1
# The user has inline policies: 'quick-fix'.
# DELETES: the inline policies. Keep the documents that the script prints.
# DISRUPTIVE: the user loses all permissions that the group does not have.
# Undo: aws iam attach-user-policy and put-user-policy with the same policies
#aws iam add-user-to-group --region us-east-1 --user-name bob --group-name "$GROUP_1"
#aws iam get-user-policy --region us-east-1 --user-name bob --policy-name quick-fix
#aws iam delete-user-policy --region us-east-1 --user-name bob --policy-name quick-fix

# 1.15 user-direct-policies · user/service/deploy · us-east-1
# The user has attached policies: 'PowerUserAccess'.
# DISRUPTIVE: the user loses all permissions that the group does not have.
# Undo: aws iam attach-user-policy and put-user-policy with the same policies
#aws iam add-user-to-group --region us-east-1 --user-name deploy --group-name "$GROUP_2"
#aws iam detach-user-policy --region us-east-1 --user-name deploy --policy-arn arn:aws:iam::aws:policy/PowerUserAccess

# 1.15 user-direct-policies · user/break-glass · us-east-1
# The user has attached policies: 'AdministratorAccess'.
# DISRUPTIVE: the user loses all permissions that the group does not have.
# Undo: aws iam attach-user-policy and put-user-policy with the same policies
#aws iam add-user-to-group --region us-east-1 --user-name break-glass --group-name "$GROUP_3"
#aws iam detach-user-policy --region us-east-1 --user-name break-glass --policy-arn arn:aws:iam::aws:policy/AdministratorAccess

# 1.16 admin-policy · policy/legacy-admin · us-east-1
# Attached 2 times. Statement 'Everything' allows every action on every resource.
# BY HAND: A person has to decide which actions the holders need. IAM Access Advisor shows which actions they use, and IAM Access Analyzer can generate a policy.

# 1.16 admin-policy · policy/AdministratorAccess · us-east-1
# Attached to user 'break-glass'. Statement 1 allows every action on every resource.
# BY HAND: A person has to decide which actions the holders need. IAM Access Advisor shows which actions they use, and IAM Access Analyzer can generate a policy.

# 1.18 instance-profile · i-0a1b2c3d4e5f60002 · us-east-1
# The instance has no instance profile. AWS APIs do not show credentials on the instance.
# Undo: aws ec2 disassociate-iam-instance-profile with the association's id
aws ec2 associate-iam-instance-profile --region us-east-1 --instance-id i-0a1b2c3d4e5f60002 --iam-instance-profile 'Name='"$INSTANCE_PROFILE_1"

# 1.19 expired-certificate · server-certificate/intranet-2024 · us-east-1
# The certificate expired on 2025-04-30T23:59:59Z, 305 days ago.
# DELETES: the certificate. First check that no load balancer uses it.
#aws iam delete-server-certificate --server-certificate-name intranet-2024 --region us-east-1

# 1.20 access-analyzer · account · eu-central-1
# No analyzer exists in eu-central-1.
# Undo: aws accessanalyzer delete-analyzer --region eu-central-1 --analyzer-name external
aws accessanalyzer create-analyzer --analyzer-name external --type ACCOUNT --region eu-central-1

# 1.21 central-identity · account · us-east-1
# IAM users with a console password (as of 2026-03-02T06:12:44Z): 'alice', 'bob', 'break-glass'.
# BY HAND: People need another way to sign in first: connect IAM Identity Center, then delete the passwords.

# 2.1.1 bucket-encryption · example-website · us-east-1
# The bucket has no default encryption.
# Undo: aws s3api put-bucket-encryption with the previous default encryption, or delete-bucket-encryption if there was none
aws s3api put-bucket-encryption --bucket example-website --server-side-encryption-configuration '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}' --region us-east-1

# 2.1.2 bucket-deny-http · example-customer-exports · eu-central-1
# Statement 'NoReadsInClear' denies plain HTTP, but not for s3:PutObject.
# DISRUPTIVE: requests over plain HTTP are denied.
# REPLACES: the bucket policy. Existing statements are kept.
# Undo: the command that the script prints after "Undo:".
#add_bucket_statement eu-central-1 example-customer-exports '{"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny","Principal":"*","Resource":["arn:aws:s3:::example-customer-exports","arn:aws:s3:::example-customer-exports/*"]}'

# 2.1.2 bucket-deny-http · example-scratch · us-east-1
# The bucket has no policy, so plain HTTP is not denied.
# DISRUPTIVE: requests over plain HTTP are denied.
# REPLACES: the bucket policy. Existing statements are kept.
# Undo: the command that the script prints after "Undo:".
#add_bucket_statement us-east-1 example-scratch '{"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny","Principal":"*","Resource":["arn:aws:s3:::example-scratch","arn:aws:s3:::example-scratch/*"]}'

# 2.1.2 bucket-deny-http · example-website · us-east-1
# No statement denies plain HTTP. Statement 'ReadWithTls' is an Allow statement: its condition does not restrict access that other statements allow.
# DISRUPTIVE: requests over plain HTTP are denied.
# REPLACES: the bucket policy. Existing statements are kept.
# Undo: the command that the script prints after "Undo:".
#add_bucket_statement us-east-1 example-website '{"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny","Principal":"*","Resource":["arn:aws:s3:::example-website","arn:aws:s3:::example-website/*"]}'

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
# Undo: aws macie2 update-automated-discovery-configuration --status DISABLED, then disable-macie
#aws macie2 enable-macie --region us-east-1 --status ENABLED
#aws macie2 update-automated-discovery-configuration --region us-east-1 --status ENABLED

# 2.1.5 bucket-public-access-block · example-website · us-east-1
# Disabled for the bucket and for the account: BlockPublicPolicy, RestrictPublicBuckets.
# DISRUPTIVE: access through a public ACL or policy is denied.
# Undo: aws s3api put-public-access-block with the current settings of the bucket
#aws s3api put-public-access-block --bucket example-website --public-access-block-configuration 'BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true' --region us-east-1

# 2.2.1 ebs-default-encryption · account · eu-central-1
# New EBS volumes in eu-central-1 are not encrypted by default.
# The setting applies to new volumes only.
# Undo: aws ec2 disable-ebs-encryption-by-default in the same Region
aws ec2 enable-ebs-encryption-by-default --region eu-central-1

# 2.3.1 rds-encryption · legacy-crm · us-east-1
# DB instance 'legacy-crm' is not encrypted.
# BY HAND: The encryption of an existing DB instance cannot be changed: copy a snapshot with a KMS key, restore the copy to a new instance, and move the clients.

# 2.3.2 rds-minor-upgrade · legacy-crm · us-east-1
# Automatic minor version upgrades are disabled on DB instance 'legacy-crm'.
# DISRUPTIVE: the instance is unavailable for a short time during an upgrade in its maintenance window.
# For an instance of a Multi-AZ DB cluster, modify the cluster: aws rds modify-db-cluster --auto-minor-version-upgrade.
# Undo: aws rds modify-db-instance --no-auto-minor-version-upgrade for the same instance
#aws rds modify-db-instance --db-instance-identifier legacy-crm --auto-minor-version-upgrade --region us-east-1

# 2.3.3 rds-public-access · legacy-crm · us-east-1
# DB instance 'legacy-crm' is publicly accessible, and subnet-0a000000000000003 routes to igw-0a000000000000001 (rtb-0a000000000000002).
# DISRUPTIVE: clients outside the VPC lose their connections.
# AWS does not support this change for an instance of a Multi-AZ DB cluster: restore such a cluster from a snapshot without public access.
# Undo: aws rds modify-db-instance --publicly-accessible for the same instance
#aws rds modify-db-instance --db-instance-identifier legacy-crm --no-publicly-accessible --region us-east-1

# 2.4.1 efs-encryption · fs-0a000000000000002 · us-east-1
# The file system is not encrypted at rest.
# BY HAND: The encryption of an existing file system cannot be changed: create an encrypted file system, copy the data, for example with AWS DataSync, and mount the new file system.

# 3.2 trail-log-validation · legacy · us-east-1
# Log file validation of trail 'legacy' in eu-central-1 is disabled.
# Undo: aws cloudtrail update-trail --no-enable-log-file-validation
aws cloudtrail update-trail --name arn:aws:cloudtrail:eu-central-1:111122223333:trail/legacy --enable-log-file-validation --region eu-central-1

# 3.3 trail-bucket-public · example-website · us-east-1
# The policy is public: Statement 'ReadWithTls' allows all principals; Bool aws:SecureTransport does not restrict the caller.
# DISRUPTIVE: access through a public ACL or policy is denied.
# Undo: aws s3api put-public-access-block with the current settings of the bucket
#aws s3api put-public-access-block --bucket example-website --public-access-block-configuration 'BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true' --region us-east-1

# 3.4 trail-cloudwatch-logs · legacy · us-east-1
# Trail 'legacy' in eu-central-1 has no log group.
# COSTS: CloudWatch Logs charges for ingestion and storage.
# The role has to allow logs:CreateLogStream and logs:PutLogEvents on the log group.
# Undo: aws cloudtrail update-trail --region eu-central-1 --name arn:aws:cloudtrail:eu-central-1:111122223333:trail/legacy --cloud-watch-logs-log-group-arn '' --cloud-watch-logs-role-arn ''
#aws cloudtrail update-trail --region eu-central-1 --name arn:aws:cloudtrail:eu-central-1:111122223333:trail/legacy --cloud-watch-logs-log-group-arn "$LOG_GROUP_ARN_1" --cloud-watch-logs-role-arn "$LOG_ROLE_ARN_1"

# 3.5 config-recorder · account · eu-central-1
# There is no configuration recorder.
# COSTS: AWS Config charges for each configuration item that it records.
# Undo: aws configservice stop-configuration-recorder, then delete-delivery-channel if the channel was added, then delete-configuration-recorder
#aws configservice put-configuration-recorder --region eu-central-1 --configuration-recorder 'name=default,roleARN='"$CONFIG_ROLE_ARN" --recording-group 'allSupported=true,includeGlobalResourceTypes=false'
#aws configservice put-delivery-channel --region eu-central-1 --delivery-channel 'name=default,s3BucketName='"$CONFIG_BUCKET"
#aws configservice start-configuration-recorder --region eu-central-1 --configuration-recorder-name default

# 3.6 trail-bucket-logging · example-audit-logs · us-east-1
# Server access logging is disabled for bucket 'example-audit-logs'.
# COSTS: Amazon S3 charges for storing the access logs.
# The policy of the target bucket has to allow logging.s3.amazonaws.com to put objects.
# Undo: aws s3api put-bucket-logging --bucket-logging-status '{}' for the same bucket
#aws s3api put-bucket-logging --region us-east-1 --bucket example-audit-logs --bucket-logging-status 'LoggingEnabled={TargetBucket='"$ACCESS_LOG_BUCKET_1"',TargetPrefix=example-audit-logs/}'

# 3.6 trail-bucket-logging · example-website · us-east-1
# Server access logging is disabled for bucket 'example-website'.
# COSTS: Amazon S3 charges for storing the access logs.
# The policy of the target bucket has to allow logging.s3.amazonaws.com to put objects.
# Undo: aws s3api put-bucket-logging --bucket-logging-status '{}' for the same bucket
#aws s3api put-bucket-logging --region us-east-1 --bucket example-website --bucket-logging-status 'LoggingEnabled={TargetBucket='"$ACCESS_LOG_BUCKET_2"',TargetPrefix=example-website/}'

# 3.7 trail-kms · legacy · us-east-1
# Trail 'legacy' in eu-central-1 has no KMS key for its log files.
# DISRUPTIVE: readers of the log files then also need kms:Decrypt for the key.
# Undo: aws cloudtrail update-trail --kms-key-id '' for the same trail
#aws cloudtrail update-trail --region eu-central-1 --name arn:aws:cloudtrail:eu-central-1:111122223333:trail/legacy --kms-key-id "$TRAIL_KEY_ARN_1"

# 3.8 kms-rotation · 1b2c3d4e-0000-4000-8000-00000000000b · us-east-1
# Automatic rotation is disabled.
# COSTS: AWS KMS charges for the first and the second rotation of a key.
# Undo: aws kms disable-key-rotation for the same key
#aws kms enable-key-rotation --key-id 1b2c3d4e-0000-4000-8000-00000000000b --region us-east-1

# 3.9 vpc-flow-logs · vpc-0b000000000000001 · eu-central-1
# The VPC has no flow log.
# COSTS: Amazon CloudWatch charges for the delivery, and Amazon S3 for the storage.
# Undo: aws ec2 delete-flow-logs with the id that the script prints
#create_flow_log eu-central-1 vpc-0b000000000000001 REJECT "$FLOW_LOG_BUCKET_ARN"

# 3.9 vpc-flow-logs · vpc-0a000000000000002 · us-east-1
# The VPC has no flow log.
# COSTS: Amazon CloudWatch charges for the delivery, and Amazon S3 for the storage.
# Undo: aws ec2 delete-flow-logs with the id that the script prints
#create_flow_log us-east-1 vpc-0a000000000000002 REJECT "$FLOW_LOG_BUCKET_ARN"

# 3.11 s3-read-events · account · us-east-1
# No trail logs S3 object-level read events for all buckets in all Regions. The closest, 'all-regions' in us-east-1, does not log S3 object-level read events for all buckets.
# REPLACES: the event selectors of the trail. Other selectors are kept; a selector for all management events replaces narrower ones.
# COSTS: AWS CloudTrail charges for the events that it records.
# Undo: the command that the script prints after "Undo:".
#add_event_selector us-east-1 arn:aws:cloudtrail:us-east-1:111122223333:trail/all-regions '{"DataResources":[{"Type":"AWS::S3::Object","Values":["arn:aws:s3"]}],"IncludeManagementEvents":false,"ReadWriteType":"ReadOnly"}' '{"FieldSelectors":[{"Equals":["Data"],"Field":"eventCategory"},{"Equals":["AWS::S3::Object"],"Field":"resources.type"},{"Equals":["true"],"Field":"readOnly"}],"Name":"Objects of all buckets, readOnly true"}'

# 4.1 alarm-unauthorized-calls · account · us-east-1
# No metric filter on log group 'trail' matches {"errorCode":"AccessDenied","eventName":"DescribeInstances","eventSource":"lambda.amazonaws.com","eventType":"AwsApiCall","sourceIPAddress":"192.0.2.1","userIdentity":{"type":"IAMUser"}}.
# COSTS: Amazon CloudWatch charges for each metric and alarm beyond the free tier.
# Confirm the subscription with the link in the email. Until then the topic sends no notification.
# Undo: aws logs delete-metric-filter, cloudwatch delete-alarms, sns unsubscribe, or cloudwatch disable-alarm-actions, for the added resources
#aws logs put-metric-filter --log-group-name trail --filter-name alarm-unauthorized-calls --metric-transformations 'metricName=alarm-unauthorized-calls,metricNamespace=Plumbline,metricValue=1' --filter-pattern '{ (($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*")) && ($.sourceIPAddress != "delivery.logs.amazonaws.com") && ($.eventName != "HeadBucket") }' --region us-east-1
#TOPIC_ARN=$(alarm_topic us-east-1 "$ALARM_EMAIL")
#aws cloudwatch put-metric-alarm --alarm-name alarm-unauthorized-calls --metric-name alarm-unauthorized-calls --namespace Plumbline --statistic Sum --period 300 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching --alarm-actions "$TOPIC_ARN" --region us-east-1

# 4.2 alarm-console-no-mfa · account · us-east-1
# No metric filter on log group 'trail' matches eventName ConsoleLogin, userIdentity.arn arn:aws:iam::111122223333:user/alice, userIdentity.type IAMUser, additionalEventData.MFAUsed No, responseElements.ConsoleLogin Success, eventSource signin.amazonaws.com…
# COSTS: Amazon CloudWatch charges for each metric and alarm beyond the free tier.
# Confirm the subscription with the link in the email. Until then the topic sends no notification.
# Undo: aws logs delete-metric-filter, cloudwatch delete-alarms, sns unsubscribe, or cloudwatch disable-alarm-actions, for the added resources
#aws logs put-metric-filter --log-group-name trail --filter-name alarm-console-no-mfa --metric-transformations 'metricName=alarm-console-no-mfa,metricNamespace=Plumbline,metricValue=1' --filter-pattern '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && ($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }' --region us-east-1
#TOPIC_ARN=$(alarm_topic us-east-1 "$ALARM_EMAIL")
#aws cloudwatch put-metric-alarm --alarm-name alarm-console-no-mfa --metric-name alarm-console-no-mfa --namespace Plumbline --statistic Sum --period 300 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching --alarm-actions "$TOPIC_ARN" --region us-east-1

# 4.4 alarm-iam-policy · account · us-east-1
# No metric filter on log group 'trail' matches {"eventName":"DetachGroupPolicy","eventSource":"iam.amazonaws.com","eventType":"AwsApiCall","userIdentity":{"type":"IAMUser"}}.
# COSTS: Amazon CloudWatch charges for each metric and alarm beyond the free tier.
# Confirm the subscription with the link in the email. Until then the topic sends no notification.
# Undo: aws logs delete-metric-filter, cloudwatch delete-alarms, sns unsubscribe, or cloudwatch disable-alarm-actions, for the added resources
#aws logs put-metric-filter --log-group-name trail --filter-name alarm-iam-policy --metric-transformations 'metricName=alarm-iam-policy,metricNamespace=Plumbline,metricValue=1' --filter-pattern '{ ($.eventSource = "iam.amazonaws.com") && (($.eventName = "DeleteGroupPolicy") || ($.eventName = "DeleteRolePolicy") || ($.eventName = "DeleteUserPolicy") || ($.eventName = "PutGroupPolicy") || ($.eventName = "PutRolePolicy") || ($.eventName = "PutUserPolicy") || ($.eventName = "CreatePolicy") || ($.eventName = "DeletePolicy") || ($.eventName = "CreatePolicyVersion") || ($.eventName = "DeletePolicyVersion") || ($.eventName = "AttachRolePolicy") || ($.eventName = "DetachRolePolicy") || ($.eventName = "AttachUserPolicy") || ($.eventName = "DetachUserPolicy") || ($.eventName = "AttachGroupPolicy") || ($.eventName = "DetachGroupPolicy")) }' --region us-east-1
#TOPIC_ARN=$(alarm_topic us-east-1 "$ALARM_EMAIL")
#aws cloudwatch put-metric-alarm --alarm-name alarm-iam-policy --metric-name alarm-iam-policy --namespace Plumbline --statistic Sum --period 300 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching --alarm-actions "$TOPIC_ARN" --region us-east-1

# 4.6 alarm-console-failure · account · us-east-1
# No alarm evaluates metric 'Trail/sign-in-failures' of metric filter 'sign-in-failures'.
# COSTS: Amazon CloudWatch charges for each metric and alarm beyond the free tier.
# Confirm the subscription with the link in the email. Until then the topic sends no notification.
# Undo: aws logs delete-metric-filter, cloudwatch delete-alarms, sns unsubscribe, or cloudwatch disable-alarm-actions, for the added resources
#TOPIC_ARN=$(alarm_topic us-east-1 "$ALARM_EMAIL")
#aws cloudwatch put-metric-alarm --alarm-name alarm-console-failure --metric-name sign-in-failures --namespace Trail --statistic Sum --period 300 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching --alarm-actions "$TOPIC_ARN" --region us-east-1

# 4.7 alarm-kms-key · account · us-east-1
# The actions of alarm 'key-loss' are disabled.
# Undo: aws logs delete-metric-filter, cloudwatch delete-alarms, sns unsubscribe, or cloudwatch disable-alarm-actions, for the added resources
aws cloudwatch enable-alarm-actions --alarm-names key-loss --region us-east-1

# 4.8 alarm-bucket-policy · account · us-east-1
# Topic 'old-team' of alarm 'bucket-policies' has no confirmed subscription.
# Confirm the subscription with the link in the email. Until then the topic sends no notification.
# Undo: aws logs delete-metric-filter, cloudwatch delete-alarms, sns unsubscribe, or cloudwatch disable-alarm-actions, for the added resources
aws sns subscribe --topic-arn arn:aws:sns:us-east-1:111122223333:old-team --protocol email --notification-endpoint "$ALARM_EMAIL" --region us-east-1

# 4.9 alarm-config · account · us-east-1
# No metric filter on log group 'trail' matches {"eventName":"StopConfigurationRecorder","eventSource":"config.amazonaws.com","eventType":"AwsApiCall","userIdentity":{"type":"IAMUser"}}.
# COSTS: Amazon CloudWatch charges for each metric and alarm beyond the free tier.
# Confirm the subscription with the link in the email. Until then the topic sends no notification.
# Undo: aws logs delete-metric-filter, cloudwatch delete-alarms, sns unsubscribe, or cloudwatch disable-alarm-actions, for the added resources
#aws logs put-metric-filter --log-group-name trail --filter-name alarm-config --metric-transformations 'metricName=alarm-config,metricNamespace=Plumbline,metricValue=1' --filter-pattern '{ ($.eventSource = "config.amazonaws.com") && (($.eventName = "StopConfigurationRecorder") || ($.eventName = "DeleteDeliveryChannel") || ($.eventName = "PutDeliveryChannel") || ($.eventName = "PutConfigurationRecorder")) }' --region us-east-1
#TOPIC_ARN=$(alarm_topic us-east-1 "$ALARM_EMAIL")
#aws cloudwatch put-metric-alarm --alarm-name alarm-config --metric-name alarm-config --namespace Plumbline --statistic Sum --period 300 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching --alarm-actions "$TOPIC_ARN" --region us-east-1

# 4.11 alarm-network-acl · account · us-east-1
# No metric filter on log group 'trail' matches {"eventName":"CreateNetworkAcl","eventSource":"ec2.amazonaws.com","eventType":"AwsApiCall","userIdentity":{"type":"IAMUser"}}.
# COSTS: Amazon CloudWatch charges for each metric and alarm beyond the free tier.
# Confirm the subscription with the link in the email. Until then the topic sends no notification.
# Undo: aws logs delete-metric-filter, cloudwatch delete-alarms, sns unsubscribe, or cloudwatch disable-alarm-actions, for the added resources
#aws logs put-metric-filter --log-group-name trail --filter-name alarm-network-acl --metric-transformations 'metricName=alarm-network-acl,metricNamespace=Plumbline,metricValue=1' --filter-pattern '{ ($.eventSource = "ec2.amazonaws.com") && (($.eventName = "CreateNetworkAcl") || ($.eventName = "CreateNetworkAclEntry") || ($.eventName = "DeleteNetworkAcl") || ($.eventName = "DeleteNetworkAclEntry") || ($.eventName = "ReplaceNetworkAclEntry") || ($.eventName = "ReplaceNetworkAclAssociation")) }' --region us-east-1
#TOPIC_ARN=$(alarm_topic us-east-1 "$ALARM_EMAIL")
#aws cloudwatch put-metric-alarm --alarm-name alarm-network-acl --metric-name alarm-network-acl --namespace Plumbline --statistic Sum --period 300 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching --alarm-actions "$TOPIC_ARN" --region us-east-1

# 4.12 alarm-gateway · account · us-east-1
# No metric filter on log group 'trail' matches {"eventName":"CreateCustomerGateway","eventSource":"ec2.amazonaws.com","eventType":"AwsApiCall","userIdentity":{"type":"IAMUser"}}.
# COSTS: Amazon CloudWatch charges for each metric and alarm beyond the free tier.
# Confirm the subscription with the link in the email. Until then the topic sends no notification.
# Undo: aws logs delete-metric-filter, cloudwatch delete-alarms, sns unsubscribe, or cloudwatch disable-alarm-actions, for the added resources
#aws logs put-metric-filter --log-group-name trail --filter-name alarm-gateway --metric-transformations 'metricName=alarm-gateway,metricNamespace=Plumbline,metricValue=1' --filter-pattern '{ ($.eventSource = "ec2.amazonaws.com") && (($.eventName = "CreateCustomerGateway") || ($.eventName = "DeleteCustomerGateway") || ($.eventName = "AttachInternetGateway") || ($.eventName = "CreateInternetGateway") || ($.eventName = "DeleteInternetGateway") || ($.eventName = "DetachInternetGateway")) }' --region us-east-1
#TOPIC_ARN=$(alarm_topic us-east-1 "$ALARM_EMAIL")
#aws cloudwatch put-metric-alarm --alarm-name alarm-gateway --metric-name alarm-gateway --namespace Plumbline --statistic Sum --period 300 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching --alarm-actions "$TOPIC_ARN" --region us-east-1

# 4.13 alarm-route-table · account · us-east-1
# No metric filter on log group 'trail' matches {"eventName":"CreateRoute","eventSource":"ec2.amazonaws.com","eventType":"AwsApiCall","userIdentity":{"type":"IAMUser"}}.
# COSTS: Amazon CloudWatch charges for each metric and alarm beyond the free tier.
# Confirm the subscription with the link in the email. Until then the topic sends no notification.
# Undo: aws logs delete-metric-filter, cloudwatch delete-alarms, sns unsubscribe, or cloudwatch disable-alarm-actions, for the added resources
#aws logs put-metric-filter --log-group-name trail --filter-name alarm-route-table --metric-transformations 'metricName=alarm-route-table,metricNamespace=Plumbline,metricValue=1' --filter-pattern '{ ($.eventSource = "ec2.amazonaws.com") && (($.eventName = "CreateRoute") || ($.eventName = "CreateRouteTable") || ($.eventName = "ReplaceRoute") || ($.eventName = "ReplaceRouteTableAssociation") || ($.eventName = "DeleteRouteTable") || ($.eventName = "DeleteRoute") || ($.eventName = "DisassociateRouteTable")) }' --region us-east-1
#TOPIC_ARN=$(alarm_topic us-east-1 "$ALARM_EMAIL")
#aws cloudwatch put-metric-alarm --alarm-name alarm-route-table --metric-name alarm-route-table --namespace Plumbline --statistic Sum --period 300 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching --alarm-actions "$TOPIC_ARN" --region us-east-1

# 4.14 alarm-vpc · account · us-east-1
# No metric filter on log group 'trail' matches {"eventName":"CreateVpc","eventSource":"ec2.amazonaws.com","eventType":"AwsApiCall","userIdentity":{"type":"IAMUser"}}.
# COSTS: Amazon CloudWatch charges for each metric and alarm beyond the free tier.
# Confirm the subscription with the link in the email. Until then the topic sends no notification.
# Undo: aws logs delete-metric-filter, cloudwatch delete-alarms, sns unsubscribe, or cloudwatch disable-alarm-actions, for the added resources
#aws logs put-metric-filter --log-group-name trail --filter-name alarm-vpc --metric-transformations 'metricName=alarm-vpc,metricNamespace=Plumbline,metricValue=1' --filter-pattern '{ ($.eventSource = "ec2.amazonaws.com") && (($.eventName = "CreateVpc") || ($.eventName = "DeleteVpc") || ($.eventName = "ModifyVpcAttribute") || ($.eventName = "AcceptVpcPeeringConnection") || ($.eventName = "CreateVpcPeeringConnection") || ($.eventName = "DeleteVpcPeeringConnection") || ($.eventName = "RejectVpcPeeringConnection") || ($.eventName = "AttachClassicLinkVpc") || ($.eventName = "DetachClassicLinkVpc") || ($.eventName = "DisableVpcClassicLink") || ($.eventName = "EnableVpcClassicLink")) }' --region us-east-1
#TOPIC_ARN=$(alarm_topic us-east-1 "$ALARM_EMAIL")
#aws cloudwatch put-metric-alarm --alarm-name alarm-vpc --metric-name alarm-vpc --namespace Plumbline --statistic Sum --period 300 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching --alarm-actions "$TOPIC_ARN" --region us-east-1

# 4.15 alarm-organizations · account · us-east-1
# No metric filter on log group 'trail' matches {"eventName":"AcceptHandshake","eventSource":"organizations.amazonaws.com","eventType":"AwsApiCall","userIdentity":{"type":"IAMUser"}}.
# COSTS: Amazon CloudWatch charges for each metric and alarm beyond the free tier.
# Confirm the subscription with the link in the email. Until then the topic sends no notification.
# Undo: aws logs delete-metric-filter, cloudwatch delete-alarms, sns unsubscribe, or cloudwatch disable-alarm-actions, for the added resources
#aws logs put-metric-filter --log-group-name trail --filter-name alarm-organizations --metric-transformations 'metricName=alarm-organizations,metricNamespace=Plumbline,metricValue=1' --filter-pattern '{ ($.eventSource = "organizations.amazonaws.com") && (($.eventName = "AcceptHandshake") || ($.eventName = "AttachPolicy") || ($.eventName = "CreateAccount") || ($.eventName = "CreateOrganizationalUnit") || ($.eventName = "CreatePolicy") || ($.eventName = "DeclineHandshake") || ($.eventName = "DeleteOrganization") || ($.eventName = "DeleteOrganizationalUnit") || ($.eventName = "DeletePolicy") || ($.eventName = "DetachPolicy") || ($.eventName = "DisablePolicyType") || ($.eventName = "EnablePolicyType") || ($.eventName = "InviteAccountToOrganization") || ($.eventName = "LeaveOrganization") || ($.eventName = "MoveAccount") || ($.eventName = "RemoveAccountFromOrganization") || ($.eventName = "UpdatePolicy") || ($.eventName = "UpdateOrganizationalUnit")) }' --region us-east-1
#TOPIC_ARN=$(alarm_topic us-east-1 "$ALARM_EMAIL")
#aws cloudwatch put-metric-alarm --alarm-name alarm-organizations --metric-name alarm-organizations --namespace Plumbline --statistic Sum --period 300 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching --alarm-actions "$TOPIC_ARN" --region us-east-1

# 4.16 security-hub · account · eu-central-1
# Security Hub CSPM is not enabled in eu-central-1.
# COSTS: AWS Security Hub CSPM charges for each security check and finding.
# Undo: aws securityhub disable-security-hub in the same Region
#aws securityhub enable-security-hub --region eu-central-1

# 5.1 nacl-admin-ports · acl-0a000000000000001 · us-east-1
# Port 22 is open to 0.0.0.0/0 over TCP: entry 100 allows all traffic from 0.0.0.0/0.
# DISRUPTIVE: entry 100 allows all traffic from 0.0.0.0/0. Afterwards, the entry allows the administration ports and protocols other than TCP, UDP and ICMP only from the network of administrators.
# The script first adds entries for the traffic that stays allowed, with free rule numbers.
# Network ACLs are stateless: replies to connections that use one of these ports as the local port are blocked too.
# Undo: aws ec2 replace-network-acl-entry with the previous source for entry 100; aws ec2 delete-network-acl-entry --ingress for each added entry
#aws ec2 create-network-acl-entry --region us-east-1 --network-acl-id acl-0a000000000000001 --ingress --rule-number 101 --protocol 6 --rule-action allow --port-range 'From=0,To=21' --cidr-block 0.0.0.0/0
#aws ec2 create-network-acl-entry --region us-east-1 --network-acl-id acl-0a000000000000001 --ingress --rule-number 102 --protocol 6 --rule-action allow --port-range 'From=23,To=3388' --cidr-block 0.0.0.0/0
#aws ec2 create-network-acl-entry --region us-east-1 --network-acl-id acl-0a000000000000001 --ingress --rule-number 103 --protocol 6 --rule-action allow --port-range 'From=3390,To=65535' --cidr-block 0.0.0.0/0
#aws ec2 create-network-acl-entry --region us-east-1 --network-acl-id acl-0a000000000000001 --ingress --rule-number 104 --protocol 17 --rule-action allow --port-range 'From=0,To=21' --cidr-block 0.0.0.0/0
#aws ec2 create-network-acl-entry --region us-east-1 --network-acl-id acl-0a000000000000001 --ingress --rule-number 105 --protocol 17 --rule-action allow --port-range 'From=23,To=3388' --cidr-block 0.0.0.0/0
#aws ec2 create-network-acl-entry --region us-east-1 --network-acl-id acl-0a000000000000001 --ingress --rule-number 106 --protocol 17 --rule-action allow --port-range 'From=3390,To=65535' --cidr-block 0.0.0.0/0
#aws ec2 create-network-acl-entry --region us-east-1 --network-acl-id acl-0a000000000000001 --ingress --rule-number 107 --protocol 1 --rule-action allow --icmp-type-code 'Code=-1,Type=-1' --cidr-block 0.0.0.0/0
#aws ec2 replace-network-acl-entry --region us-east-1 --network-acl-id acl-0a000000000000001 --ingress --rule-number 100 --protocol=-1 --rule-action allow --cidr-block "$ADMIN_NETWORK"

# 5.2 sg-admin-ports-ipv4 · sg-0a000000000000003 (bastion) · us-east-1
# Port 22 is open to 0.0.0.0/0: tcp 22 from 0.0.0.0/1, 128.0.0.0/1.
# DISRUPTIVE: connections that use these rules are cut.
# Alternatively, restrict the source to your own network.
# Undo: authorize-security-group-ingress with the same permissions.
#aws ec2 revoke-security-group-ingress --region us-east-1 --group-id sg-0a000000000000003 --ip-permissions '[{"FromPort":22,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"0.0.0.0/1"},{"CidrIp":"128.0.0.0/1"}],"ToPort":22}]'

# 5.2 sg-admin-ports-ipv4 · sg-0a000000000000005 (training-lab) · us-east-1
# Port 22 is open to 0.0.0.0/0: all traffic from 0.0.0.0/0. (An exception expired on 2026-01-31.)
# DISRUPTIVE: connections that use these rules are cut.
# Alternatively, restrict the source to your own network.
# Undo: authorize-security-group-ingress with the same permissions.
#aws ec2 revoke-security-group-ingress --region us-east-1 --group-id sg-0a000000000000005 --ip-permissions '[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]'

# 5.4 default-sg-closed · sg-0b000000000000001 · eu-central-1
# The default security group of vpc-0b000000000000001 has 1 inbound rule and 1 outbound rule.
# DISRUPTIVE: connections of all resources in the default security group are cut.
# Undo: aws ec2 authorize-security-group-ingress and -egress with the rules that the script prints
#remove_all_rules eu-central-1 sg-0b000000000000001

# 5.5 peering-routes · rtb-0a000000000000002 · us-east-1
# The route to 10.1.0.0/16 through pcx-0a000000000000001 covers all of 10.1.0.0/16 of vpc-0c000000000000001 (account 999988887777).
# DISRUPTIVE: connections to the rest of the peer VPC are cut.
# Undo: aws ec2 create-route with the deleted destination
#aws ec2 create-route --region us-east-1 --route-table-id rtb-0a000000000000002 --destination-cidr-block "$PEER_NETWORK_1" --vpc-peering-connection-id pcx-0a000000000000001
#aws ec2 delete-route --region us-east-1 --route-table-id rtb-0a000000000000002 --destination-cidr-block 10.1.0.0/16

# The commands for 43 failures are comments because they are disruptive. --include-disruptive prints them as commands.
# 61 failures: 21 with commands, 31 with commands that need values, 9 to fix by hand. Not included: 7 not assessed, 2 waived.
