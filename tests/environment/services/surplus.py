"""Operations whose answers have additional members in moto."""

from strictaws.surplus import dropped

_OPERATIONS = (
    ("cloudtrail", "CreateTrail"),
    ("config", "DescribeConfigRules"),
    ("config", "DescribeConfigurationAggregators"),
    ("config", "DescribeConfigurationRecorders"),
    ("config", "PutConfigurationAggregator"),
    ("efs", "CreateFileSystem"),
    ("efs", "DescribeFileSystems"),
)


class Surplus:
    """Handlers; the state is moto's."""

    def handlers(self):
        """Handlers by (service, operation)."""
        return dict.fromkeys(_OPERATIONS, dropped)

    def control(self):
        """Control functions by (method, path): none."""
        return {}
