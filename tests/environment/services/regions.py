"""Which Regions are enabled in which account."""


class EnabledRegions:
    """The Regions that tests left enabled; all of them in other accounts."""

    def __init__(self):
        self._regions = {}

    def set(self, account, regions):
        """Leave only these Regions enabled in an account; None undoes it."""
        if regions is None:
            self._regions.pop(account, None)
        else:
            self._regions[account] = list(regions)

    def of(self, account):
        """The enabled Regions of an account, or None where all are."""
        return self._regions.get(account)

    def has(self, account, region):
        """Whether a Region is enabled in an account."""
        regions = self._regions.get(account)
        return regions is None or region in regions
