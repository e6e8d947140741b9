//! The operations of AWS that produce facts.

/// One AWS API operation that produces (a part of) a fact, with the IAM permission that it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The operation in IAM's notation for services: `s3:ListBuckets`.
    pub operation: &'static str,
    /// The IAM action that allows it, which is not always the operation's name:
    /// `s3:ListAllMyBuckets`.
    pub action: &'static str,
    /// The narrowest resource on which AWS lets the action be allowed for every account's
    /// resources: `*`, or an ARN in which `{partition}` and `{account}` stand for those of the
    /// account.
    pub resource: &'static str,
}

impl Operation {
    /// An operation whose IAM action has the same name.
    pub const fn new(operation: &'static str, resource: &'static str) -> Self {
        Self { operation, action: operation, resource }
    }

    /// An operation that IAM knows by another name.
    pub const fn allowed_by(
        operation: &'static str,
        action: &'static str,
        resource: &'static str,
    ) -> Self {
        Self { operation, action, resource }
    }
}
