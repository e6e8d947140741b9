"""The rows of IAM's credential report for moto's users."""

import csv
import io

#: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
COLUMNS = (
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    "access_key_1_active",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_1_last_used_region",
    "access_key_1_last_used_service",
    "access_key_2_active",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
    "access_key_2_last_used_region",
    "access_key_2_last_used_service",
    "cert_1_active",
    "cert_1_last_rotated",
    "cert_2_active",
    "cert_2_last_rotated",
)
_BIRTH = "2020-01-01T00:00:00+00:00"


def stamp(moment):
    """A time in the format of the report."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def text(value):
    """The value of a column as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def as_csv(rows):
    """The report, without a newline at its end."""
    output = io.StringIO()
    writer = csv.DictWriter(output, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return output.getvalue().rstrip("\n")


def root_row(given, account, partition):
    """The row of root; ``given`` are the columns that a test set."""
    row = dict.fromkeys(COLUMNS, "N/A")
    row.update(
        user="<root_account>",
        arn=f"arn:{partition}:iam::{account}:root",
        user_creation_time=_BIRTH,
        password_enabled="not_supported",
        password_last_used="no_information",
        password_last_changed="not_supported",
        password_next_rotation="not_supported",
        mfa_active="true",
        **{name: "false" for name in COLUMNS if name.endswith("_active") and name != "mfa_active"},
    )
    row.update({name: text(value) for name, value in given.items() if name in COLUMNS})
    if given.get("password_enabled") is True:
        row["password_enabled"] = "not_supported"
    for number in (1, 2):
        active, rotated = f"access_key_{number}_active", f"access_key_{number}_last_rotated"
        if row[active] == "true" and rotated not in given:
            row[rotated] = _BIRTH
    return row


def user_row(user):
    """The row of one of moto's users."""
    row = dict.fromkeys(COLUMNS, "N/A")
    row.update(
        user=user.name,
        arn=user.arn,
        user_creation_time=stamp(user.create_date),
        password_enabled=text(bool(user.password)),
        mfa_active=text(bool(user.mfa_devices)),
        **{name: "false" for name in COLUMNS if name.endswith("_active") and name != "mfa_active"},
    )
    if user.password:
        used = user.password_last_used
        row["password_last_used"] = stamp(used) if used else "no_information"
        row["password_last_changed"] = stamp(user.create_date)
    for number, key in enumerate(user.access_keys[:2], 1):
        prefix = f"access_key_{number}_"
        row[prefix + "active"] = text(key.status == "Active")
        row[prefix + "last_rotated"] = stamp(key.create_date)
        if key.last_used:
            row[prefix + "last_used_date"] = stamp(key.last_used)
            row[prefix + "last_used_region"] = getattr(key.last_used, "region", "us-east-1")
            row[prefix + "last_used_service"] = getattr(key.last_used, "service", "iam")
    for number, certificate in enumerate(list(user.signing_certificates.values())[:2], 1):
        row[f"cert_{number}_active"] = text(certificate.status == "Active")
        row[f"cert_{number}_last_rotated"] = stamp(user.create_date)
    return row
