"""Section 1: root and the users."""

from demo import HOME, days_ago


def seed(demo):
    """Everything of the section."""
    root(demo)
    users(demo)


def root(demo):
    """Root with a hardware device, and a key that somebody forgot."""
    demo.control(
        "iam/root",
        {
            "password_enabled": True,
            "password_last_used": days_ago(140),
            "mfa_active": True,
            "access_key_1_active": True,
            "access_key_1_last_rotated": days_ago(900),
            "access_key_1_last_used_date": days_ago(410),
            "access_key_1_last_used_region": HOME,
            "access_key_1_last_used_service": "s3",
        },
    )


def users(demo):
    """People and machines; the report's dates tell them apart."""
    iam = demo.client("iam")
    rows = {}

    def add(name, console=None, changed=None, keys=(), age=400, path="/"):
        iam.create_user(UserName=name, Path=path)
        row = {"user_creation_time": days_ago(age)}
        if changed is not None:
            iam.create_login_profile(UserName=name, Password="Correct-Horse-7", PasswordResetRequired=False)
            row["password_last_used"] = days_ago(console) if console is not None else "no_information"
            row["password_last_changed"] = days_ago(changed)
            row["mfa_active"] = console is not None and console < 45
        for number, (rotated, used) in enumerate(keys, 1):
            iam.create_access_key(UserName=name)
            row[f"access_key_{number}_last_rotated"] = days_ago(rotated)
            row[f"access_key_{number}_last_used_date"] = "N/A" if used is None else days_ago(used)
            if used is not None:
                row[f"access_key_{number}_last_used_region"] = HOME
                row[f"access_key_{number}_last_used_service"] = "s3"
        rows[name] = row

    add("alice.moreau", console=1, changed=30, keys=[(20, 2)])
    add("bjorn.larsen", console=12, changed=80)
    add("chen.wei", console=44, changed=200)
    add("dora.novak", console=45, changed=300)
    add("emeka.obi", console=190, changed=250, keys=[(250, 200)])
    add("new.starter", changed=3, age=3)
    add("never.came", changed=120, age=120)
    add("ci-deploy", keys=[(800, 0)], age=800, path="/service/")
    add("backup-agent", keys=[(600, 97), (30, 1)], age=600, path="/service/")
    add("report-export", keys=[(75, None)], age=75, path="/service/")
    add("group.only", age=500)
    demo.control("iam/credential-report", {"rows": rows, "started_times": 1})
