//! The scopes of conformance packs.

/// The Regions in which the rules of a conformance pack run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackScope {
    /// The home Region.
    Global,
    /// Every Region.
    Regional,
}

impl PackScope {
    /// Both scopes.
    pub const ALL: [Self; 2] = [Self::Global, Self::Regional];

    /// Returns the scope in names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Regional => "regional",
        }
    }

    /// Returns the name of the deployed pack.
    pub fn pack_name(self) -> String {
        format!("plumbline-{}", self.as_str())
    }
}
