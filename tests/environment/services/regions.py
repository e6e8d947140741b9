"""The enabled Regions of accounts."""


class EnabledRegions:
    """The enabled Regions of accounts in which tests disabled some."""

    def __init__(self):
        self._regions = {}

    def set(self, account, regions):
        """Enable only these Regions in an account; None enables all."""
        if regions is None:
            self._regions.pop(account, None)
        else:
            self._regions[account] = list(regions)

    def of(self, account):
        """The enabled Regions of an account, or None if all are enabled."""
        return self._regions.get(account)

    def has(self, account, region):
        """Whether a Region is enabled in an account."""
        regions = self._regions.get(account)
        return regions is None or region in regions
