"""SNS where moto differs from AWS: subscriptions that are pending confirmation."""

import secrets

from moto.sns.models import sns_backends

from strictaws import wire

#: Protocols whose endpoints must confirm.
_CONFIRMED_BY_ENDPOINT = ("email", "email-json", "http", "https")


class Topics:
    """Handlers; the state is moto's, and the tokens of subscriptions that wait."""

    def __init__(self):
        self._tokens = {}

    def handlers(self):
        """Handlers by (service, operation)."""
        own = {
            "Subscribe": self.subscribe,
            "ConfirmSubscription": self.confirm,
            "ListSubscriptions": self.listed,
            "ListSubscriptionsByTopic": self.listed,
        }
        return {("sns", name): function for name, function in own.items()}

    def control(self):
        """Control functions by (method, path)."""
        return {("POST", "sns/confirm"): self.follow_links}

    def follow_links(self, given):
        """Confirm the pending subscriptions of a topic, as people do with the link in the email."""
        waiting = [arn for arn in self._tokens if arn.startswith(given["topic_arn"] + ":")]
        for arn in waiting:
            del self._tokens[arn]
        return {"confirmed": len(waiting)}

    def subscribe(self, call, forward):
        """Subscribe; if the endpoint must confirm, the ARN is not returned."""
        known = set(sns_backends[call.account][call.region].subscriptions)
        response = forward()
        subscriptions = sns_backends[call.account][call.region].subscriptions
        for arn in set(subscriptions) - known:
            if subscriptions[arn].protocol in _CONFIRMED_BY_ENDPOINT:
                self._tokens[arn] = secrets.token_hex(32)
        if str(call.parameter("ReturnSubscriptionArn", "")).lower() != "true":
            self._hide(response, b"pending confirmation")
        return response

    def confirm(self, call, _):
        """Confirm a subscription with the token that its endpoint received."""
        topic, token = call.parameter("TopicArn", ""), call.parameter("Token", "")
        for arn, expected in self._tokens.items():
            if arn.startswith(topic + ":") and token == expected:
                del self._tokens[arn]
                return wire.xml_result(call, {"SubscriptionArn": arn})
        raise wire.AwsError("InvalidParameter", "Invalid parameter: Token")

    def listed(self, _, forward):
        """List subscriptions; pending ones have no ARN yet."""
        response = forward()
        self._hide(response, b"PendingConfirmation")
        return response

    def _hide(self, response, word):
        for arn in self._tokens:
            response.body = response.body.replace(f">{arn}<".encode(), b">" + word + b"<")
        response.headers.pop("Content-Length", None)
