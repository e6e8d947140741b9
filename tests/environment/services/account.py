"""Account Management where moto differs from AWS: the primary contact."""

from strictaws import wire

#: A complete contact, as every real account has one.
_CONTACT = {
    "FullName": "Plumbline Test",
    "PhoneNumber": "+1 206 555 0100",
    "AddressLine1": "410 Terry Ave N",
    "City": "Seattle",
    "StateOrRegion": "WA",
    "PostalCode": "98109",
    "CountryCode": "US",
    "CompanyName": "Example Corp",
}


class AccountContacts:
    """Handlers and state; one instance serves all accounts."""

    def __init__(self):
        self._contacts = {}

    def handlers(self):
        """Handlers by (service, operation)."""
        return {
            ("account", "GetContactInformation"): self.get_contact,
            ("account", "PutContactInformation"): self.put_contact,
            ("account", "GetAlternateContact"): self.alternate_contact,
        }

    def control(self):
        """Control functions by (method, path)."""
        return {("POST", "account/contact"): self.set_contact}

    def set_contact(self, given):
        """Replace the contact, complete or not; null restores the default."""
        if given["contact"] is None:
            self._contacts.pop(given["account"], None)
        else:
            self._contacts[given["account"]] = given["contact"]
        return {"ok": True}

    def get_contact(self, call, _):
        """The primary contact."""
        account = call.parameter("AccountId") or call.account
        return wire.json_result(call, {"ContactInformation": self._contacts.get(account, _CONTACT)})

    def put_contact(self, call, _):
        """Replace the primary contact."""
        self._contacts[call.parameter("AccountId") or call.account] = (
            call.parameter("ContactInformation") or {}
        )
        return wire.json_result(call, {})

    @staticmethod
    def alternate_contact(_, forward):
        """Answer as moto, with the status of AWS when there is no contact."""
        response = forward()
        if response.status == 400 and b"ResourceNotFoundException" in response.body:
            response.status = 404
        return response
