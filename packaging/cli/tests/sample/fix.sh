#!/usr/bin/env bash
# [TOOL]: 61 failures of 51 controls in account 111122223333, from scan.json (2026-03-02T08:00:00Z). Nothing has been run: read, then run.
# Names stand in quotes, in which nothing is meant to expand; functions may be called by comments only.
# shellcheck disable=SC1003,SC1111,SC1112,SC2016,SC2317,SC2329
set -Eeuo pipefail
export AWS_PAGER=''
trap 'echo "ended at line $LINENO: scan again, and print this script again" >&2' ERR
command -v jq >/dev/null || { echo 'this needs jq (https://jqlang.org)' >&2; exit 1; }
test "$(aws sts get-caller-identity --region eu-central-1 --query Account --output text)" = 111122223333 || { echo 'this is for account 111122223333' >&2; exit 1; }

# Fill in here, or set in the environment. Comments are for commands that are comments.
SECURITY_NAME=${SECURITY_NAME:-}  # the name of the contact
SECURITY_TITLE=${SECURITY_TITLE:-}  # the title of the contact
SECURITY_EMAIL=${SECURITY_EMAIL:-}  # a mailbox that is read
SECURITY_PHONE=${SECURITY_PHONE:-}  # a number that is answered
MFA_SERIAL_1=${MFA_SERIAL_1:-}  # the ARN of the MFA device of bob
MFA_CODE_1=${MFA_CODE_1:-}  # a code of the device of bob
MFA_NEXT_CODE_1=${MFA_NEXT_CODE_1:-}  # the code after it of bob
#ACCESS_KEY_ID_1=${ACCESS_KEY_ID_1:-}  # the id of an access key of bob: the one that was never used
#ACCESS_KEY_ID_2=${ACCESS_KEY_ID_2:-}  # the id of an access key of bob: the one that is unused
#ACCESS_KEY_ID_3=${ACCESS_KEY_ID_3:-}  # the id of an access key of bob: the older one
#ACCESS_KEY_ID_4=${ACCESS_KEY_ID_4:-}  # the id of an access key of deploy: the older one
#GROUP_1=${GROUP_1:-}  # a group with the permissions of bob
#GROUP_2=${GROUP_2:-}  # a group with the permissions of deploy
#GROUP_3=${GROUP_3:-}  # a group with the permissions of break-glass
INSTANCE_PROFILE_1=${INSTANCE_PROFILE_1:-}  # the name of the instance profile for i-0a1b2c3d4e5f60002
#LOG_GROUP_ARN_1=${LOG_GROUP_ARN_1:-}  # the ARN, with :* at its end, of the log group of legacy
#LOG_ROLE_ARN_1=${LOG_ROLE_ARN_1:-}  # the ARN of the role that CloudTrail assumes for the logs of legacy
#CONFIG_ROLE_ARN=${CONFIG_ROLE_ARN:-}  # the ARN of the role for AWS Config, for example of AWSServiceRoleForConfig
#CONFIG_BUCKET=${CONFIG_BUCKET:-}  # the bucket to which AWS Config delivers
#ACCESS_LOG_BUCKET_1=${ACCESS_LOG_BUCKET_1:-}  # a bucket in the Region of example-audit-logs that Amazon S3 may write logs to
#ACCESS_LOG_BUCKET_2=${ACCESS_LOG_BUCKET_2:-}  # a bucket in the Region of example-website that Amazon S3 may write logs to
#TRAIL_KEY_ARN_1=${TRAIL_KEY_ARN_1:-}  # the ARN of a KMS key in eu-central-1 whose policy allows CloudTrail
#FLOW_LOG_BUCKET_ARN=${FLOW_LOG_BUCKET_ARN:-}  # the ARN of the bucket for flow logs
ALARM_EMAIL=${ALARM_EMAIL:-}  # the e-mail address that alarms notify
#ADMIN_NETWORK=${ADMIN_NETWORK:-}  # the IPv4 network of administrators, as a CIDR block
#PEER_NETWORK_1=${PEER_NETWORK_1:-}  # what of 10.1.0.0/16 is needed behind pcx-0a000000000000001, as a CIDR block
inputs=(SECURITY_NAME SECURITY_TITLE SECURITY_EMAIL SECURITY_PHONE MFA_SERIAL_1 MFA_CODE_1 MFA_NEXT_CODE_1 INSTANCE_PROFILE_1 ALARM_EMAIL)
absent=0
for input in "${inputs[@]}"; do
  if [ -z "${!input}" ]; then
    echo "fill in $input at the top" >&2
    absent=1
  fi
done
[ "$absent" = 0 ] || exit 1

# Prints what a command answers, or {} where AWS answers with the error code $1: there is nothing.
answer_or_nothing() {
  local code=$1 answer errors
  shift
  errors=$(mktemp) || return 1
  if answer=$("$@" 2>"$errors"); then
    printf '%s\n' "$answer"
  elif grep -qF "($code)" "$errors"; then
    echo '{}'
  else
    cat "$errors" >&2
    rm -f "$errors"
    return 1
  fi
  rm -f "$errors"
}

# Shows how a JSON document changes from $1 to $2, and the command that changes it back.
show_change() {
  diff -u --label before --label after <(jq -S . <<<"$1") <(jq -S . <<<"$2") || true
  shift 2
  printf 'Undo:'
  printf ' %q' "$@"
  echo
}

# Raises numbers of the account's password policy to at least those of $2 (JSON), by way of Region $1,
# and restates the other rules as they are: IAM replaces the whole policy. Without a policy, IAM asks
# for 8 characters of three kinds of four, which a policy cannot say: then all four are required.
restate_password_policy() {
  local policy changed undo
  policy=$(answer_or_nothing NoSuchEntity aws iam get-account-password-policy --region "$1" \
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

# Deletes access key $3 of user $2, by way of Region $1. Others may ask for the same key below.
delete_access_key() {
  aws iam delete-access-key --region "$1" --user-name="$2" --access-key-id "$3" || return 1
  deleted_access_keys="${deleted_access_keys:-} $3"
}

# Deactivates access key $3 of user $2, by way of Region $1, unless this script has deleted it.
deactivate_access_key() {
  case " ${deleted_access_keys:-} " in
    *" $3 "*) echo "access key $3 of $2 is deleted already" ;;
    *) aws iam update-access-key --region "$1" --user-name="$2" --access-key-id "$3" --status Inactive ;;
  esac
}

# Adds the statement $3 (JSON) to the policy of bucket $2 in Region $1, and keeps the others: Amazon S3
# replaces the whole policy.
add_bucket_statement() {
  local policy changed undo
  policy=$(answer_or_nothing NoSuchBucketPolicy aws s3api get-bucket-policy --region "$1" --bucket "$2" \
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

# Creates a flow log of VPC $2 in Region $1: traffic of type $3, to the bucket with ARN $4. AWS answers
# with success where it creates none.
create_flow_log() {
  local answer
  answer=$(aws ec2 create-flow-logs --region "$1" --resource-type VPC --resource-ids "$2" \
    --traffic-type "$3" --log-destination-type s3 --log-destination "$4" --output json) || return 1
  printf '%s\n' "$answer"
  jq -e '.Unsuccessful // [] | length == 0' <<<"$answer" >/dev/null
}

# Adds an event selector to trail $2 of Region $1 and keeps the others: CloudTrail replaces all of them.
# $3 is the selector for a trail with basic selectors, $4 for one with advanced selectors (JSON). One for
# all management events takes the place of those for some of them.
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
      else .IncludeManagementEvents and (.DataResources // [] == []) end;
    if any(.[]; . == $new) then . else
      (if $new | is_management then map(select(is_management | not)) else . end) + [$new] end' \
    <<<"$selectors") || return 1
  show_change "$selectors" "$changed" \
    aws cloudtrail put-event-selectors --region "$1" --trail-name "$2" "$option" "$selectors"
  aws cloudtrail put-event-selectors --region "$1" --trail-name "$2" "$option" "$changed"
}

# Prints the ARN of the SNS topic plumbline-alarms of Region $1, and subscribes the e-mail address $2 to it
# unless it is subscribed.
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

# Removes all rules of security group $2 in Region $1, by their ids: others may have removed some. The
# rules are shown before, with their descriptions and tags.
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
# The account has no contact for security.
aws account put-alternate-contact --region us-east-1 --alternate-contact-type SECURITY --name "$SECURITY_NAME" --title "$SECURITY_TITLE" --email-address "$SECURITY_EMAIL" --phone-number "$SECURITY_PHONE"

# 1.4 root-access-key · account · us-east-1
# The root user has an access key.
# BY HAND: Only root can delete the key: sign in as root. Where root access of member accounts is managed centrally, the management account can: sts:AssumeRoot with the task policy IAMDeleteRootUserCredentials.

# 1.6 root-hardware-mfa · account · us-east-1
# The root user has the virtual MFA device arn:aws:iam::111122223333:mfa/root-account-mfa-device.
# BY HAND: Only root can assign the device: whoever holds it signs in as root.

# 1.9 password-reuse · account · us-east-1
# The password policy remembers 5 passwords, fewer than 24.
# REPLACES: the password policy, with all rules that it has.
# Undo: the command that the script prints after "Undo:".
#restate_password_policy us-east-1 '{"PasswordReusePrevention":24}'

# 1.10 console-user-mfa · user/bob · us-east-1
# The user has a console password and no MFA device (as of 2026-03-02T06:12:44Z).
# The user can do so in the console, without anybody else knowing the device. Or delete the password: aws iam delete-login-profile.
# Undo: aws iam deactivate-mfa-device with the same user and device.
aws iam enable-mfa-device --region us-east-1 --user-name bob --serial-number "$MFA_SERIAL_1" --authentication-code1 "$MFA_CODE_1" --authentication-code2 "$MFA_NEXT_CODE_1"

# 1.11 initial-access-key · user/bob · us-east-1
# The user has a console password, and the first access key was never used (as of 2026-03-02T06:12:44Z).
# DELETES: the access key, which was never used.
# The ids: aws iam list-access-keys, and aws iam get-access-key-last-used for each.
# IAM renews the credential report every four hours: until then it fails as before.
#delete_access_key us-east-1 bob "$ACCESS_KEY_ID_1"

# 1.12 unused-credentials · user/bob · us-east-1
# Unused for 45 days or more: the first access key was never used and is 728 days old (as of 2026-03-02T06:12:44Z).
# DISRUPTIVE: what still uses the access key is denied access.
# The ids: aws iam list-access-keys, and aws iam get-access-key-last-used for each.
# IAM renews the credential report every four hours: until then it fails as before.
# Undo: aws iam update-access-key --status Active for the same key.
#deactivate_access_key us-east-1 bob "$ACCESS_KEY_ID_2"

# 1.13 single-active-key · user/bob · us-east-1
# The user has two active access keys (as of 2026-03-02T06:12:44Z).
# DISRUPTIVE: what still uses the access key is denied access.
# The ids: aws iam list-access-keys, and aws iam get-access-key-last-used for each.
# IAM renews the credential report every four hours: until then it fails as before.
# Undo: aws iam update-access-key --status Active for the same key.
#deactivate_access_key us-east-1 bob "$ACCESS_KEY_ID_3"

# 1.14 access-key-age · user/bob · us-east-1
# Older than 90 days: the first access key is 729 days old (as of 2026-03-02T06:12:44Z).
# DISRUPTIVE: what still uses the access key is denied access.
# The ids: aws iam list-access-keys, and aws iam get-access-key-last-used for each.
# IAM renews the credential report every four hours: until then it fails as before.
# Create a second key first, and move everything to it: aws iam create-access-key. Better, use a role.
# Undo: aws iam update-access-key --status Active for the same key.
#deactivate_access_key us-east-1 bob "$ACCESS_KEY_ID_3"

# 1.14 access-key-age · user/service/deploy · us-east-1
# Older than 90 days: the first access key is 152 days old (as of 2026-03-02T06:12:44Z).
# DISRUPTIVE: what still uses the access key is denied access.
# The ids: aws iam list-access-keys, and aws iam get-access-key-last-used for each.
# IAM renews the credential report every four hours: until then it fails as before.
# Create a second key first, and move everything to it: aws iam create-access-key. Better, use a role.
# Undo: aws iam update-access-key --status Active for the same key.
#deactivate_access_key us-east-1 deploy "$ACCESS_KEY_ID_4"

# 1.15 user-direct-policies · user/bob · us-east-1
# The user has inline policies: quick-fix.
# DELETES: the inline policies; keep the documents that the script prints.
# DISRUPTIVE: the user loses what the group does not allow.
# Undo: aws iam attach-user-policy and put-user-policy with the same policies.
#aws iam add-user-to-group --region us-east-1 --user-name bob --group-name "$GROUP_1"
#aws iam get-user-policy --region us-east-1 --user-name bob --policy-name quick-fix
#aws iam delete-user-policy --region us-east-1 --user-name bob --policy-name quick-fix

# 1.15 user-direct-policies · user/service/deploy · us-east-1
# The user has attached policies: PowerUserAccess.
# DISRUPTIVE: the user loses what the group does not allow.
# Undo: aws iam attach-user-policy and put-user-policy with the same policies.
#aws iam add-user-to-group --region us-east-1 --user-name deploy --group-name "$GROUP_2"
#aws iam detach-user-policy --region us-east-1 --user-name deploy --policy-arn arn:aws:iam::aws:policy/PowerUserAccess

# 1.15 user-direct-policies · user/break-glass · us-east-1
# The user has attached policies: AdministratorAccess.
# DISRUPTIVE: the user loses what the group does not allow.
# Undo: aws iam attach-user-policy and put-user-policy with the same policies.
#aws iam add-user-to-group --region us-east-1 --user-name break-glass --group-name "$GROUP_3"
#aws iam detach-user-policy --region us-east-1 --user-name break-glass --policy-arn arn:aws:iam::aws:policy/AdministratorAccess

# 1.16 admin-policy · policy/legacy-admin · us-east-1
# Attached 2 times. Statement 'Everything' allows every action on every resource.
# BY HAND: Which actions the holders need, only people know: see IAM Access Advisor, or have IAM Access Analyzer generate a policy.

# 1.16 admin-policy · policy/AdministratorAccess · us-east-1
# Attached to user 'break-glass'. Statement 1 allows every action on every resource.
# BY HAND: Which actions the holders need, only people know: see IAM Access Advisor, or have IAM Access Analyzer generate a policy.

# 1.18 instance-profile · i-0a1b2c3d4e5f60002 · us-east-1
# The instance has no instance profile. Credentials on the instance cannot be seen from outside.
# Undo: aws ec2 disassociate-iam-instance-profile with the association's id.
aws ec2 associate-iam-instance-profile --region us-east-1 --instance-id i-0a1b2c3d4e5f60002 --iam-instance-profile 'Name='"$INSTANCE_PROFILE_1"

# 1.19 expired-certificate · server-certificate/intranet-2024 · us-east-1
# The certificate expired on 2025-04-30T23:59:59Z, 305 days ago.
# DELETES: the certificate. See first that no load balancer uses it.
#aws iam delete-server-certificate --server-certificate-name intranet-2024 --region us-east-1

# 1.20 access-analyzer · account · eu-central-1
# There is no analyzer in eu-central-1.
# Undo: aws accessanalyzer delete-analyzer --region eu-central-1 --analyzer-name external.
aws accessanalyzer create-analyzer --analyzer-name external --type ACCOUNT --region eu-central-1

# 1.21 central-identity · account · us-east-1
# IAM users with a console password (as of 2026-03-02T06:12:44Z): alice, bob, break-glass.
# BY HAND: Where people sign in instead has to be there first: connect IAM Identity Center, then delete the passwords.

# 2.1.1 bucket-encryption · example-website · us-east-1
# Objects are not encrypted by default.
# Undo: aws s3api put-bucket-encryption with the default of before; where there was none, delete-bucket-encryption.
aws s3api put-bucket-encryption --bucket example-website --server-side-encryption-configuration '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}' --region us-east-1

# 2.1.2 bucket-deny-http · example-customer-exports · eu-central-1
# Statement 'NoReadsInClear' denies plain HTTP, but not for s3:PutObject.
# DISRUPTIVE: who uses the bucket over plain HTTP is denied access.
# REPLACES: the bucket policy, with all statements that it has.
# Undo: the command that the script prints after "Undo:".
#add_bucket_statement eu-central-1 example-customer-exports '{"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny","Principal":"*","Resource":["arn:aws:s3:::example-customer-exports","arn:aws:s3:::example-customer-exports/*"]}'

# 2.1.2 bucket-deny-http · example-scratch · us-east-1
# The bucket has no policy, so plain HTTP is not denied.
# DISRUPTIVE: who uses the bucket over plain HTTP is denied access.
# REPLACES: the bucket policy, with all statements that it has.
# Undo: the command that the script prints after "Undo:".
#add_bucket_statement us-east-1 example-scratch '{"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny","Principal":"*","Resource":["arn:aws:s3:::example-scratch","arn:aws:s3:::example-scratch/*"]}'

# 2.1.2 bucket-deny-http · example-website · us-east-1
# No statement denies plain HTTP. Statement 'ReadWithTls' is an Allow: its condition takes away nothing that others give.
# DISRUPTIVE: who uses the bucket over plain HTTP is denied access.
# REPLACES: the bucket policy, with all statements that it has.
# Undo: the command that the script prints after "Undo:".
#add_bucket_statement us-east-1 example-website '{"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny","Principal":"*","Resource":["arn:aws:s3:::example-website","arn:aws:s3:::example-website/*"]}'

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
# Undo: aws macie2 update-automated-discovery-configuration --status DISABLED, then disable-macie.
#aws macie2 enable-macie --region us-east-1 --status ENABLED
#aws macie2 update-automated-discovery-configuration --region us-east-1 --status ENABLED

# 2.1.5 bucket-public-access-block · example-website · us-east-1
# Off at the bucket and at the account: BlockPublicPolicy, RestrictPublicBuckets.
# DISRUPTIVE: who reaches the bucket by a public ACL or policy is denied.
# Undo: aws s3api put-public-access-block with the settings that the bucket has now.
#aws s3api put-public-access-block --bucket example-website --public-access-block-configuration 'BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true' --region us-east-1

# 2.2.1 ebs-default-encryption · account · eu-central-1
# New EBS volumes in eu-central-1 are not encrypted by default.
# It concerns new volumes only.
# Undo: aws ec2 disable-ebs-encryption-by-default in the same Region.
aws ec2 enable-ebs-encryption-by-default --region eu-central-1

# 2.3.1 rds-encryption · legacy-crm · us-east-1
# The storage of legacy-crm is not encrypted.
# BY HAND: Encryption cannot be switched on later: copy a snapshot with a KMS key, restore it to a new instance, and move the clients.

# 2.3.2 rds-minor-upgrade · legacy-crm · us-east-1
# Minor versions are not installed automatically on legacy-crm.
# DISRUPTIVE: the instance is not available for a short time when it is upgraded, in its maintenance window.
# An instance of a Multi-AZ DB cluster is changed by its cluster: aws rds modify-db-cluster --auto-minor-version-upgrade.
# Undo: aws rds modify-db-instance --no-auto-minor-version-upgrade for the same instance.
#aws rds modify-db-instance --db-instance-identifier legacy-crm --auto-minor-version-upgrade --region us-east-1

# 2.3.3 rds-public-access · legacy-crm · us-east-1
# Instance legacy-crm is publicly accessible, and subnet-0a000000000000003 routes to igw-0a000000000000001 (rtb-0a000000000000002).
# DISRUPTIVE: clients outside of the VPC lose their connection.
# AWS refuses it for an instance of a Multi-AZ DB cluster: restore such a cluster from a snapshot without public access.
# Undo: aws rds modify-db-instance --publicly-accessible for the same instance.
#aws rds modify-db-instance --db-instance-identifier legacy-crm --no-publicly-accessible --region us-east-1

# 2.4.1 efs-encryption · fs-0a000000000000002 · us-east-1
# The file system is not encrypted at rest.
# BY HAND: Encryption cannot be switched on later: create an encrypted file system, copy the data, for example with AWS DataSync, and mount it instead.

# 3.2 trail-log-validation · legacy · us-east-1
# Log file validation of trail legacy in eu-central-1 is off.
# Undo: aws cloudtrail update-trail --no-enable-log-file-validation.
aws cloudtrail update-trail --name arn:aws:cloudtrail:eu-central-1:111122223333:trail/legacy --enable-log-file-validation --region eu-central-1

# 3.3 trail-bucket-public · example-website · us-east-1
# The policy is public: Statement 'ReadWithTls' allows everyone; Bool aws:SecureTransport does not narrow the caller.
# DISRUPTIVE: who reaches the bucket by a public ACL or policy is denied.
# Undo: aws s3api put-public-access-block with the settings that the bucket has now.
#aws s3api put-public-access-block --bucket example-website --public-access-block-configuration 'BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true' --region us-east-1

# 3.4 trail-cloudwatch-logs · legacy · us-east-1
# Trail legacy in eu-central-1 delivers to no log group.
# COSTS: CloudWatch Logs charges for what it takes in and keeps.
# The role allows logs:CreateLogStream and logs:PutLogEvents on the log group.
# Undo: aws cloudtrail update-trail --region eu-central-1 --name arn:aws:cloudtrail:eu-central-1:111122223333:trail/legacy --cloud-watch-logs-log-group-arn '' --cloud-watch-logs-role-arn ''.
#aws cloudtrail update-trail --region eu-central-1 --name arn:aws:cloudtrail:eu-central-1:111122223333:trail/legacy --cloud-watch-logs-log-group-arn "$LOG_GROUP_ARN_1" --cloud-watch-logs-role-arn "$LOG_ROLE_ARN_1"

# 3.5 config-recorder · account · eu-central-1
# There is no configuration recorder.
# COSTS: AWS Config charges for each configuration item that it records.
# Undo: aws configservice stop-configuration-recorder, then delete-delivery-channel where it was added, then delete-configuration-recorder.
#aws configservice put-configuration-recorder --region eu-central-1 --configuration-recorder 'name=default,roleARN='"$CONFIG_ROLE_ARN" --recording-group 'allSupported=true,includeGlobalResourceTypes=false'
#aws configservice put-delivery-channel --region eu-central-1 --delivery-channel 'name=default,s3BucketName='"$CONFIG_BUCKET"
#aws configservice start-configuration-recorder --region eu-central-1 --configuration-recorder-name default

# 3.6 trail-bucket-logging · example-audit-logs · us-east-1
# Access to bucket example-audit-logs is not logged.
# COSTS: Amazon S3 charges for storing the access logs.
# The policy of the other bucket allows logging.s3.amazonaws.com to put objects.
# Undo: aws s3api put-bucket-logging --bucket-logging-status '{}' for the same bucket.
#aws s3api put-bucket-logging --region us-east-1 --bucket example-audit-logs --bucket-logging-status 'LoggingEnabled={TargetBucket='"$ACCESS_LOG_BUCKET_1"',TargetPrefix=example-audit-logs/}'

# 3.6 trail-bucket-logging · example-website · us-east-1
# Access to bucket example-website is not logged.
# COSTS: Amazon S3 charges for storing the access logs.
# The policy of the other bucket allows logging.s3.amazonaws.com to put objects.
# Undo: aws s3api put-bucket-logging --bucket-logging-status '{}' for the same bucket.
#aws s3api put-bucket-logging --region us-east-1 --bucket example-website --bucket-logging-status 'LoggingEnabled={TargetBucket='"$ACCESS_LOG_BUCKET_2"',TargetPrefix=example-website/}'

# 3.7 trail-kms · legacy · us-east-1
# Trail legacy in eu-central-1 has no KMS key for its log files.
# DISRUPTIVE: who reads the log files needs kms:Decrypt for the key from then on.
# Undo: aws cloudtrail update-trail --kms-key-id '' for the same trail.
#aws cloudtrail update-trail --region eu-central-1 --name arn:aws:cloudtrail:eu-central-1:111122223333:trail/legacy --kms-key-id "$TRAIL_KEY_ARN_1"

# 3.8 kms-rotation · 1b2c3d4e-0000-4000-8000-00000000000b · us-east-1
# Rotation is off.
# COSTS: AWS KMS charges for the first and the second rotation of a key.
# Undo: aws kms disable-key-rotation for the same key.
#aws kms enable-key-rotation --key-id 1b2c3d4e-0000-4000-8000-00000000000b --region us-east-1

# 3.9 vpc-flow-logs · vpc-0b000000000000001 · eu-central-1
# There is no flow log on the VPC.
# COSTS: Amazon CloudWatch charges for delivering, Amazon S3 for storing.
# Undo: aws ec2 delete-flow-logs with the id that is printed.
#create_flow_log eu-central-1 vpc-0b000000000000001 REJECT "$FLOW_LOG_BUCKET_ARN"

# 3.9 vpc-flow-logs · vpc-0a000000000000002 · us-east-1
# There is no flow log on the VPC.
# COSTS: Amazon CloudWatch charges for delivering, Amazon S3 for storing.
# Undo: aws ec2 delete-flow-logs with the id that is printed.
#create_flow_log us-east-1 vpc-0a000000000000002 REJECT "$FLOW_LOG_BUCKET_ARN"

# 3.11 s3-read-events · account · us-east-1
# No trail logs reads of the objects of all buckets in all Regions. The closest, 'all-regions' in us-east-1, does not record reads of the objects of all buckets.
# REPLACES: the event selectors of the trail, with all that it has.
# COSTS: AWS CloudTrail charges for the events that it records.
# Undo: the command that the script prints after "Undo:".
#add_event_selector us-east-1 arn:aws:cloudtrail:us-east-1:111122223333:trail/all-regions '{"DataResources":[{"Type":"AWS::S3::Object","Values":["arn:aws:s3"]}],"IncludeManagementEvents":false,"ReadWriteType":"ReadOnly"}' '{"FieldSelectors":[{"Equals":["Data"],"Field":"eventCategory"},{"Equals":["AWS::S3::Object"],"Field":"resources.type"},{"Equals":["true"],"Field":"readOnly"}],"Name":"Objects of all buckets, readOnly true"}'

# 4.1 alarm-unauthorized-calls · account · us-east-1
# No metric filter of trail counts {"errorCode":"AccessDenied","eventName":"DescribeInstances","eventSource":"lambda.amazonaws.com","eventType":"AwsApiCall","sourceIPAddress":"192.0.2.1","userIdentity":{"type":"IAMUser"}}.
# COSTS: Amazon CloudWatch charges for each metric and alarm beyond the free tier.
# Then follow the link in the mail: nobody is notified before.
# Undo: aws logs delete-metric-filter, cloudwatch delete-alarms, sns unsubscribe, or cloudwatch disable-alarm-actions, of what was added.
#aws logs put-metric-filter --log-group-name trail --filter-name alarm-unauthorized-calls --metric-transformations 'metricName=alarm-unauthorized-calls,metricNamespace=Plumbline,metricValue=1' --filter-pattern '{ (($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*")) && ($.sourceIPAddress != "delivery.logs.amazonaws.com") && ($.eventName != "HeadBucket") }' --region us-east-1
#TOPIC_ARN=$(alarm_topic us-east-1 "$ALARM_EMAIL")
#aws cloudwatch put-metric-alarm --alarm-name alarm-unauthorized-calls --metric-name alarm-unauthorized-calls --namespace Plumbline --statistic Sum --period 300 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching --alarm-actions "$TOPIC_ARN" --region us-east-1

# 4.2 alarm-console-no-mfa · account · us-east-1
# No metric filter of trail counts eventName ConsoleLogin, userIdentity.arn arn:aws:iam::111122223333:user/alice, userIdentity.type IAMUser, additionalEventData.MFAUsed No, responseElements.ConsoleLogin Success, eventSource signin.amazonaws.com, eventType A…
# COSTS: Amazon CloudWatch charges for each metric and alarm beyond the free tier.
# Then follow the link in the mail: nobody is notified before.
# Undo: aws logs delete-metric-filter, cloudwatch delete-alarms, sns unsubscribe, or cloudwatch disable-alarm-actions, of what was added.
#aws logs put-metric-filter --log-group-name trail --filter-name alarm-console-no-mfa --metric-transformations 'metricName=alarm-console-no-mfa,metricNamespace=Plumbline,metricValue=1' --filter-pattern '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && ($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }' --region us-east-1
#TOPIC_ARN=$(alarm_topic us-east-1 "$ALARM_EMAIL")
#aws cloudwatch put-metric-alarm --alarm-name alarm-console-no-mfa --metric-name alarm-console-no-mfa --namespace Plumbline --statistic Sum --period 300 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching --alarm-actions "$TOPIC_ARN" --region us-east-1

# 4.4 alarm-iam-policy · account · us-east-1
# No metric filter of trail counts {"eventName":"DetachGroupPolicy","eventSource":"iam.amazonaws.com","eventType":"AwsApiCall","userIdentity":{"type":"IAMUser"}}.
# COSTS: Amazon CloudWatch charges for each metric and alarm beyond the free tier.
# Then follow the link in the mail: nobody is notified before.
# Undo: aws logs delete-metric-filter, cloudwatch delete-alarms, sns unsubscribe, or cloudwatch disable-alarm-actions, of what was added.
#aws logs put-metric-filter --log-group-name trail --filter-name alarm-iam-policy --metric-transformations 'metricName=alarm-iam-policy,metricNamespace=Plumbline,metricValue=1' --filter-pattern '{ ($.eventSource = "iam.amazonaws.com") && (($.eventName = "DeleteGroupPolicy") || ($.eventName = "DeleteRolePolicy") || ($.eventName = "DeleteUserPolicy") || ($.eventName = "PutGroupPolicy") || ($.eventName = "PutRolePolicy") || ($.eventName = "PutUserPolicy") || ($.eventName = "CreatePolicy") || ($.eventName = "DeletePolicy") || ($.eventName = "CreatePolicyVersion") || ($.eventName = "DeletePolicyVersion") || ($.eventName = "AttachRolePolicy") || ($.eventName = "DetachRolePolicy") || ($.eventName = "AttachUserPolicy") || ($.eventName = "DetachUserPolicy") || ($.eventName = "AttachGroupPolicy") || ($.eventName = "DetachGroupPolicy")) }' --region us-east-1
#TOPIC_ARN=$(alarm_topic us-east-1 "$ALARM_EMAIL")
#aws cloudwatch put-metric-alarm --alarm-name alarm-iam-policy --metric-name alarm-iam-policy --namespace Plumbline --statistic Sum --period 300 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching --alarm-actions "$TOPIC_ARN" --region us-east-1

# 4.6 alarm-console-failure · account · us-east-1
# No alarm watches metric Trail sign-in-failures of filter sign-in-failures.
# COSTS: Amazon CloudWatch charges for each metric and alarm beyond the free tier.
# Then follow the link in the mail: nobody is notified before.
# Undo: aws logs delete-metric-filter, cloudwatch delete-alarms, sns unsubscribe, or cloudwatch disable-alarm-actions, of what was added.
#TOPIC_ARN=$(alarm_topic us-east-1 "$ALARM_EMAIL")
#aws cloudwatch put-metric-alarm --alarm-name alarm-console-failure --metric-name sign-in-failures --namespace Trail --statistic Sum --period 300 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching --alarm-actions "$TOPIC_ARN" --region us-east-1

# 4.7 alarm-kms-key · account · us-east-1
# The actions of alarm key-loss are disabled.
# Undo: aws logs delete-metric-filter, cloudwatch delete-alarms, sns unsubscribe, or cloudwatch disable-alarm-actions, of what was added.
aws cloudwatch enable-alarm-actions --alarm-names key-loss --region us-east-1

# 4.8 alarm-bucket-policy · account · us-east-1
# Topic old-team of alarm bucket-policies has no confirmed subscription.
# Then follow the link in the mail: nobody is notified before.
# Undo: aws logs delete-metric-filter, cloudwatch delete-alarms, sns unsubscribe, or cloudwatch disable-alarm-actions, of what was added.
aws sns subscribe --topic-arn arn:aws:sns:us-east-1:111122223333:old-team --protocol email --notification-endpoint "$ALARM_EMAIL" --region us-east-1

# 4.9 alarm-config · account · us-east-1
# No metric filter of trail counts {"eventName":"StopConfigurationRecorder","eventSource":"config.amazonaws.com","eventType":"AwsApiCall","userIdentity":{"type":"IAMUser"}}.
# COSTS: Amazon CloudWatch charges for each metric and alarm beyond the free tier.
# Then follow the link in the mail: nobody is notified before.
# Undo: aws logs delete-metric-filter, cloudwatch delete-alarms, sns unsubscribe, or cloudwatch disable-alarm-actions, of what was added.
#aws logs put-metric-filter --log-group-name trail --filter-name alarm-config --metric-transformations 'metricName=alarm-config,metricNamespace=Plumbline,metricValue=1' --filter-pattern '{ ($.eventSource = "config.amazonaws.com") && (($.eventName = "StopConfigurationRecorder") || ($.eventName = "DeleteDeliveryChannel") || ($.eventName = "PutDeliveryChannel") || ($.eventName = "PutConfigurationRecorder")) }' --region us-east-1
#TOPIC_ARN=$(alarm_topic us-east-1 "$ALARM_EMAIL")
#aws cloudwatch put-metric-alarm --alarm-name alarm-config --metric-name alarm-config --namespace Plumbline --statistic Sum --period 300 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching --alarm-actions "$TOPIC_ARN" --region us-east-1

# 4.11 alarm-network-acl · account · us-east-1
# No metric filter of trail counts {"eventName":"CreateNetworkAcl","eventSource":"ec2.amazonaws.com","eventType":"AwsApiCall","userIdentity":{"type":"IAMUser"}}.
# COSTS: Amazon CloudWatch charges for each metric and alarm beyond the free tier.
# Then follow the link in the mail: nobody is notified before.
# Undo: aws logs delete-metric-filter, cloudwatch delete-alarms, sns unsubscribe, or cloudwatch disable-alarm-actions, of what was added.
#aws logs put-metric-filter --log-group-name trail --filter-name alarm-network-acl --metric-transformations 'metricName=alarm-network-acl,metricNamespace=Plumbline,metricValue=1' --filter-pattern '{ ($.eventSource = "ec2.amazonaws.com") && (($.eventName = "CreateNetworkAcl") || ($.eventName = "CreateNetworkAclEntry") || ($.eventName = "DeleteNetworkAcl") || ($.eventName = "DeleteNetworkAclEntry") || ($.eventName = "ReplaceNetworkAclEntry") || ($.eventName = "ReplaceNetworkAclAssociation")) }' --region us-east-1
#TOPIC_ARN=$(alarm_topic us-east-1 "$ALARM_EMAIL")
#aws cloudwatch put-metric-alarm --alarm-name alarm-network-acl --metric-name alarm-network-acl --namespace Plumbline --statistic Sum --period 300 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching --alarm-actions "$TOPIC_ARN" --region us-east-1

# 4.12 alarm-gateway · account · us-east-1
# No metric filter of trail counts {"eventName":"CreateCustomerGateway","eventSource":"ec2.amazonaws.com","eventType":"AwsApiCall","userIdentity":{"type":"IAMUser"}}.
# COSTS: Amazon CloudWatch charges for each metric and alarm beyond the free tier.
# Then follow the link in the mail: nobody is notified before.
# Undo: aws logs delete-metric-filter, cloudwatch delete-alarms, sns unsubscribe, or cloudwatch disable-alarm-actions, of what was added.
#aws logs put-metric-filter --log-group-name trail --filter-name alarm-gateway --metric-transformations 'metricName=alarm-gateway,metricNamespace=Plumbline,metricValue=1' --filter-pattern '{ ($.eventSource = "ec2.amazonaws.com") && (($.eventName = "CreateCustomerGateway") || ($.eventName = "DeleteCustomerGateway") || ($.eventName = "AttachInternetGateway") || ($.eventName = "CreateInternetGateway") || ($.eventName = "DeleteInternetGateway") || ($.eventName = "DetachInternetGateway")) }' --region us-east-1
#TOPIC_ARN=$(alarm_topic us-east-1 "$ALARM_EMAIL")
#aws cloudwatch put-metric-alarm --alarm-name alarm-gateway --metric-name alarm-gateway --namespace Plumbline --statistic Sum --period 300 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching --alarm-actions "$TOPIC_ARN" --region us-east-1

# 4.13 alarm-route-table · account · us-east-1
# No metric filter of trail counts {"eventName":"CreateRoute","eventSource":"ec2.amazonaws.com","eventType":"AwsApiCall","userIdentity":{"type":"IAMUser"}}.
# COSTS: Amazon CloudWatch charges for each metric and alarm beyond the free tier.
# Then follow the link in the mail: nobody is notified before.
# Undo: aws logs delete-metric-filter, cloudwatch delete-alarms, sns unsubscribe, or cloudwatch disable-alarm-actions, of what was added.
#aws logs put-metric-filter --log-group-name trail --filter-name alarm-route-table --metric-transformations 'metricName=alarm-route-table,metricNamespace=Plumbline,metricValue=1' --filter-pattern '{ ($.eventSource = "ec2.amazonaws.com") && (($.eventName = "CreateRoute") || ($.eventName = "CreateRouteTable") || ($.eventName = "ReplaceRoute") || ($.eventName = "ReplaceRouteTableAssociation") || ($.eventName = "DeleteRouteTable") || ($.eventName = "DeleteRoute") || ($.eventName = "DisassociateRouteTable")) }' --region us-east-1
#TOPIC_ARN=$(alarm_topic us-east-1 "$ALARM_EMAIL")
#aws cloudwatch put-metric-alarm --alarm-name alarm-route-table --metric-name alarm-route-table --namespace Plumbline --statistic Sum --period 300 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching --alarm-actions "$TOPIC_ARN" --region us-east-1

# 4.14 alarm-vpc · account · us-east-1
# No metric filter of trail counts {"eventName":"CreateVpc","eventSource":"ec2.amazonaws.com","eventType":"AwsApiCall","userIdentity":{"type":"IAMUser"}}.
# COSTS: Amazon CloudWatch charges for each metric and alarm beyond the free tier.
# Then follow the link in the mail: nobody is notified before.
# Undo: aws logs delete-metric-filter, cloudwatch delete-alarms, sns unsubscribe, or cloudwatch disable-alarm-actions, of what was added.
#aws logs put-metric-filter --log-group-name trail --filter-name alarm-vpc --metric-transformations 'metricName=alarm-vpc,metricNamespace=Plumbline,metricValue=1' --filter-pattern '{ ($.eventSource = "ec2.amazonaws.com") && (($.eventName = "CreateVpc") || ($.eventName = "DeleteVpc") || ($.eventName = "ModifyVpcAttribute") || ($.eventName = "AcceptVpcPeeringConnection") || ($.eventName = "CreateVpcPeeringConnection") || ($.eventName = "DeleteVpcPeeringConnection") || ($.eventName = "RejectVpcPeeringConnection") || ($.eventName = "AttachClassicLinkVpc") || ($.eventName = "DetachClassicLinkVpc") || ($.eventName = "DisableVpcClassicLink") || ($.eventName = "EnableVpcClassicLink")) }' --region us-east-1
#TOPIC_ARN=$(alarm_topic us-east-1 "$ALARM_EMAIL")
#aws cloudwatch put-metric-alarm --alarm-name alarm-vpc --metric-name alarm-vpc --namespace Plumbline --statistic Sum --period 300 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching --alarm-actions "$TOPIC_ARN" --region us-east-1

# 4.15 alarm-organizations · account · us-east-1
# No metric filter of trail counts {"eventName":"AcceptHandshake","eventSource":"organizations.amazonaws.com","eventType":"AwsApiCall","userIdentity":{"type":"IAMUser"}}.
# COSTS: Amazon CloudWatch charges for each metric and alarm beyond the free tier.
# Then follow the link in the mail: nobody is notified before.
# Undo: aws logs delete-metric-filter, cloudwatch delete-alarms, sns unsubscribe, or cloudwatch disable-alarm-actions, of what was added.
#aws logs put-metric-filter --log-group-name trail --filter-name alarm-organizations --metric-transformations 'metricName=alarm-organizations,metricNamespace=Plumbline,metricValue=1' --filter-pattern '{ ($.eventSource = "organizations.amazonaws.com") && (($.eventName = "AcceptHandshake") || ($.eventName = "AttachPolicy") || ($.eventName = "CreateAccount") || ($.eventName = "CreateOrganizationalUnit") || ($.eventName = "CreatePolicy") || ($.eventName = "DeclineHandshake") || ($.eventName = "DeleteOrganization") || ($.eventName = "DeleteOrganizationalUnit") || ($.eventName = "DeletePolicy") || ($.eventName = "DetachPolicy") || ($.eventName = "DisablePolicyType") || ($.eventName = "EnablePolicyType") || ($.eventName = "InviteAccountToOrganization") || ($.eventName = "LeaveOrganization") || ($.eventName = "MoveAccount") || ($.eventName = "RemoveAccountFromOrganization") || ($.eventName = "UpdatePolicy") || ($.eventName = "UpdateOrganizationalUnit")) }' --region us-east-1
#TOPIC_ARN=$(alarm_topic us-east-1 "$ALARM_EMAIL")
#aws cloudwatch put-metric-alarm --alarm-name alarm-organizations --metric-name alarm-organizations --namespace Plumbline --statistic Sum --period 300 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching --alarm-actions "$TOPIC_ARN" --region us-east-1

# 4.16 security-hub · account · eu-central-1
# Security Hub is not enabled in eu-central-1.
# COSTS: AWS Security Hub charges for each check and finding.
# Undo: aws securityhub disable-security-hub in the same Region.
#aws securityhub enable-security-hub --region eu-central-1

# 5.1 nacl-admin-ports · acl-0a000000000000001 · us-east-1
# Port 22 is open to 0.0.0.0/0 over TCP: entry 100 allows all traffic from 0.0.0.0/0.
# DISRUPTIVE: entry 100 allows all traffic from 0.0.0.0/0, and from then on the administration ports, and protocols other than TCP, UDP and ICMP, from the network of administrators only.
# What stays open is added first, at numbers that are free.
# Network ACLs keep no state: a reply to a connection that uses one of these ports at this end is cut too.
# Undo: aws ec2 replace-network-acl-entry with all addresses for entry 100; aws ec2 delete-network-acl-entry --ingress for each entry that was added.
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
# DISRUPTIVE: cuts connections that use these rules.
# Or narrow the source to your own network.
# Undo: authorize-security-group-ingress with the same permissions.
#aws ec2 revoke-security-group-ingress --region us-east-1 --group-id sg-0a000000000000003 --ip-permissions '[{"FromPort":22,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"0.0.0.0/1"},{"CidrIp":"128.0.0.0/1"}],"ToPort":22}]'

# 5.2 sg-admin-ports-ipv4 · sg-0a000000000000005 (training-lab) · us-east-1
# Port 22 is open to 0.0.0.0/0: all traffic from 0.0.0.0/0. (An exception expired on 2026-01-31.)
# DISRUPTIVE: cuts connections that use these rules.
# Or narrow the source to your own network.
# Undo: authorize-security-group-ingress with the same permissions.
#aws ec2 revoke-security-group-ingress --region us-east-1 --group-id sg-0a000000000000005 --ip-permissions '[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]'

# 5.4 default-sg-closed · sg-0b000000000000001 · eu-central-1
# The default group of vpc-0b000000000000001 has 1 ingress rule and 1 egress rule.
# DISRUPTIVE: cuts connections of everything that is in the default group.
# Undo: aws ec2 authorize-security-group-ingress and -egress with the rules that the script shows.
#remove_all_rules eu-central-1 sg-0b000000000000001

# 5.5 peering-routes · rtb-0a000000000000002 · us-east-1
# The route to 10.1.0.0/16 by pcx-0a000000000000001 covers all of 10.1.0.0/16 of vpc-0c000000000000001 (account 999988887777).
# DISRUPTIVE: cuts connections to the rest of the peer VPC.
# Undo: aws ec2 create-route with the destination that was deleted.
#aws ec2 create-route --region us-east-1 --route-table-id rtb-0a000000000000002 --destination-cidr-block "$PEER_NETWORK_1" --vpc-peering-connection-id pcx-0a000000000000001
#aws ec2 delete-route --region us-east-1 --route-table-id rtb-0a000000000000002 --destination-cidr-block 10.1.0.0/16

# The commands of 43 of them are comments, for what they do besides: --include-disruptive prints them live.
# 61 failures: 21 with commands, 31 with inputs, 9 by hand; 7 not assessed and 2 waived are left alone.
