"""IAM: root, the credential report, pages, who may assume a role."""
