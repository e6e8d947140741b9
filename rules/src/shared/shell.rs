//! Shell functions for documents that have to be read before they are written, because AWS replaces
//! the whole document.

use plumbline_core::fix::ShellFunction;

/// How to undo the replacement of a document.
pub(crate) const PRINTED: &str = "the command that the script prints after \"Undo:\"";

/// Distinguishes a missing document from all other errors.
static READ_OR_EMPTY: ShellFunction = ShellFunction {
    name: "read_or_empty",
    text: r#"# Prints the output of a command, or {} if AWS returns the error code $1: the document does not exist.
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
"#,
    calls: &[],
    needs_jq: false,
    merges: false,
};

static SHOW_CHANGE: ShellFunction = ShellFunction {
    name: "show_change",
    text: r#"# Shows the change of a JSON document from $1 to $2, and the command that undoes the change.
show_change() {
  diff -u --label before --label after <(jq -S . <<<"$1") <(jq -S . <<<"$2") || true
  shift 2
  printf 'Undo:'
  printf ' %q' "$@"
  echo
}
"#,
    calls: &[],
    needs_jq: true,
    merges: false,
};

/// For 1.8 and 1.9.
pub(crate) static RESTATE_PASSWORD_POLICY: ShellFunction = ShellFunction {
    name: "restate_password_policy",
    text: r#"# Sets rules of the account's password policy to at least the numbers in $2 (JSON), through Region $1, and
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
"#,
    calls: &[&READ_OR_EMPTY, &SHOW_CHANGE],
    needs_jq: true,
    merges: true,
};

/// For 2.1.2.
pub(crate) static ADD_BUCKET_STATEMENT: ShellFunction = ShellFunction {
    name: "add_bucket_statement",
    text: r#"# Adds the statement $3 (JSON) to the policy of bucket $2 in Region $1 and keeps the other statements:
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
"#,
    calls: &[&READ_OR_EMPTY, &SHOW_CHANGE],
    needs_jq: true,
    merges: false,
};

/// For 3.1, 3.10 and 3.11.
pub(crate) static ADD_EVENT_SELECTOR: ShellFunction = ShellFunction {
    name: "add_event_selector",
    text: r#"# Adds an event selector to trail $2 of Region $1 and keeps the others: CloudTrail replaces all selectors.
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
"#,
    calls: &[&SHOW_CHANGE],
    needs_jq: true,
    merges: false,
};

/// For 3.5.
pub(crate) static RECORD_ALL_TYPES: ShellFunction = ShellFunction {
    name: "record_all_types",
    text: r#"# Configures recorder $2 of Region $1 to record all supported resource types, with global types if $3 is
# true, and repeats its other settings: AWS Config replaces the whole recorder.
record_all_types() {
  local recorder changed
  recorder=$(aws configservice describe-configuration-recorders --region "$1" \
    --configuration-recorder-names "$(jq -nc --arg name "$2" '[$name]')" \
    --query 'ConfigurationRecorders[0]' --output json) || return 1
  recorder=$(jq -c 'del(.arn, .recordingScope, .servicePrincipal)' <<<"$recorder") || return 1
  changed=$(jq -c --argjson global "$3" '
    .recordingGroup = {allSupported: true,
        includeGlobalResourceTypes: ($global or (.recordingGroup.includeGlobalResourceTypes // false))}' \
    <<<"$recorder") || return 1
  show_change "$recorder" "$changed" \
    aws configservice put-configuration-recorder --region "$1" --configuration-recorder "$recorder"
  aws configservice put-configuration-recorder --region "$1" --configuration-recorder "$changed"
}
"#,
    calls: &[&SHOW_CHANGE],
    needs_jq: true,
    merges: false,
};

/// For 4.1 to 4.15.
pub(crate) static ALARM_TOPIC: ShellFunction = ShellFunction {
    name: "alarm_topic",
    text: r#"# Prints the ARN of the SNS topic plumbline-alarms of Region $1, and subscribes the email address $2 to the
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
"#,
    calls: &[],
    needs_jq: false,
    merges: false,
};

/// For 1.11.
pub(crate) static DELETE_ACCESS_KEY: ShellFunction = ShellFunction {
    name: "delete_access_key",
    text: r#"# Deletes access key $3 of user $2, through Region $1, and remembers it for other controls below.
delete_access_key() {
  aws iam delete-access-key --region "$1" --user-name="$2" --access-key-id "$3" || return 1
  deleted_access_keys="${deleted_access_keys:-} $3"
}
"#,
    calls: &[],
    needs_jq: false,
    merges: false,
};

/// For 1.12 to 1.14.
pub(crate) static DEACTIVATE_ACCESS_KEY: ShellFunction = ShellFunction {
    name: "deactivate_access_key",
    text: r#"# Deactivates access key $3 of user $2, through Region $1, unless this script has deleted it.
deactivate_access_key() {
  case " ${deleted_access_keys:-} " in
    *" $3 "*) echo "access key $3 of $2 is already deleted" ;;
    *) aws iam update-access-key --region "$1" --user-name="$2" --access-key-id "$3" --status Inactive ;;
  esac
}
"#,
    calls: &[],
    needs_jq: false,
    merges: false,
};

/// For 3.9.
pub(crate) static CREATE_FLOW_LOG: ShellFunction = ShellFunction {
    name: "create_flow_log",
    text: r#"# Creates a flow log of VPC $2 in Region $1 for traffic type $3, with the S3 bucket with ARN $4 as its
# destination. AWS returns success even if it creates no flow log.
create_flow_log() {
  local answer
  answer=$(aws ec2 create-flow-logs --region "$1" --resource-type VPC --resource-ids "$2" \
    --traffic-type "$3" --log-destination-type s3 --log-destination "$4" --output json) || return 1
  printf '%s\n' "$answer"
  jq -e '.Unsuccessful // [] | length == 0' <<<"$answer" >/dev/null
}
"#,
    calls: &[],
    needs_jq: true,
    merges: false,
};

/// For 5.4.
pub(crate) static REMOVE_ALL_RULES: ShellFunction = ShellFunction {
    name: "remove_all_rules",
    text: r#"# Removes all rules of security group $2 in Region $1, by their ids, because the rules may have changed
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
"#,
    calls: &[],
    needs_jq: true,
    merges: false,
};
