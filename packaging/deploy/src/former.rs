//! Own functions of an earlier release, whose roles and rules are not in the stacks of this one.

use plumbline_templates::contract::{ORGANIZATION_ID, OWN_ROLES, ROLES, stack_set};

use crate::central::is_central;
use crate::place::{Place, PlaceState};
use crate::stack::Stack;

/// Whether the stack of an organization is of an earlier release: `functions-global` has the roles
/// of its accounts, and organization packs have the rules.
pub(crate) fn is_former(home: &Stack) -> bool {
    let Stack { parameters, .. } = home;
    parameters.contains_key(ORGANIZATION_ID)
        && home.release().is_some()
        && !is_central(parameters)
        && parameters.get(ROLES).is_none_or(|roles| roles != OWN_ROLES)
}

/// Whether a place lacks the roles of [`OWN_ROLES`] before the stack set exists.
pub(crate) fn lacks_roles(place: &Place) -> bool {
    place.state == PlaceState::Missing && place.what == stack_set(OWN_ROLES)
}
