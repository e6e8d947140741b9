def test_update_answers_with_the_trail_alone(account):
    account.client("s3").create_bucket(Bucket="logs")
    client = account.client("cloudtrail")
    client.create_trail(Name="trail", S3BucketName="logs")
    client.put_event_selectors(
        TrailName="trail",
        EventSelectors=[{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}],
    )
    answer = client.update_trail(Name="trail", IsMultiRegionTrail=True)
    assert answer["IsMultiRegionTrail"] is True
    assert not {name for name in answer if name.startswith("Has")}
