#!/usr/bin/env bash
# [TOOL]: 2 failures of 1 control in account 111122223333, from scan.json (2026-03-02T08:00:00Z). Nothing has been changed. Review this output before you use it.
# Names are in single quotes because nothing must expand. Some functions are used only by commands in comments.
# shellcheck disable=SC1003,SC1111,SC1112,SC2016,SC2317,SC2329
set -Eeuo pipefail
export AWS_PAGER=''
trap 'echo "stopped at line $LINENO: scan again, then create a new script" >&2' ERR
test "$(aws sts get-caller-identity --region eu-central-1 --query Account --output text)" = 111122223333 || { echo 'this script is for account 111122223333' >&2; exit 1; }

# 5.2 sg-admin-ports-ipv4 · sg-0a000000000000003 (bastion) · us-east-1
# Port 22 is open to 0.0.0.0/0: tcp 22 from 0.0.0.0/1, 128.0.0.0/1.
# DISRUPTIVE: connections that use these rules are cut.
# Alternatively, restrict the source to your own network.
# Undo: authorize-security-group-ingress with the same permissions.
aws ec2 revoke-security-group-ingress --region us-east-1 --group-id sg-0a000000000000003 --ip-permissions '[{"FromPort":22,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"0.0.0.0/1"},{"CidrIp":"128.0.0.0/1"}],"ToPort":22}]'

# 5.2 sg-admin-ports-ipv4 · sg-0a000000000000005 (training-lab) · us-east-1
# Port 22 is open to 0.0.0.0/0: all traffic from 0.0.0.0/0. (An exception expired on 2026-01-31.)
# DISRUPTIVE: connections that use these rules are cut.
# Alternatively, restrict the source to your own network.
# Undo: authorize-security-group-ingress with the same permissions.
aws ec2 revoke-security-group-ingress --region us-east-1 --group-id sg-0a000000000000005 --ip-permissions '[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]'

# 2 failures: 2 with commands, 0 with commands that need values, 0 to fix by hand. Not included: 0 not assessed, 0 waived, 59 failures of other controls.
