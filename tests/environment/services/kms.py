"""KMS where moto differs from AWS: pages of keys and aliases."""

from strictaws.json_pages import Pages

_PAGES = Pages({"ListKeys": 100, "ListAliases": 50}, "InvalidMarkerException")


class Keys:
    """Handlers; the state is moto's."""

    def handlers(self):
        """Handlers by (service, operation)."""
        return {("kms", "*"): _PAGES.cut}

    def control(self):
        """Control functions by (method, path): none."""
        return {}
