//! The clients of a session, one for each service and Region, and the limits of each service.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::{Region, SdkConfig};
use aws_sdk_s3control::config::endpoint as s3control;
use aws_sdk_sts::config::interceptors::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_sdk_sts::config::retry::{RetryPartition, TokenBucket};
use aws_sdk_sts::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sts::error::BoxError;
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use plumbline_core::operation::Service;

use super::limits::Limit;
use crate::error::is_throttling;
use crate::truncation::RejectTruncated;

/// Each service: its variant, the method that returns its client, its SDK, the number of concurrent
/// operations of one session, and special settings of its client. A service of
/// `plumbline_core::operation` that is missing here does not compile.
macro_rules! services {
    ($(
        $(#[doc = $doc:literal])+
        $(#[cfg($feature:meta)])?
        $service:ident, $method:ident: $sdk:ident, $permits:literal $(, $configure:expr)?;
    )+) => {
        /// The clients of a session: one for each service and Region, created when first used.
        pub struct Clients {
            sdk_config: SdkConfig,
            sent: Arc<Sent>,
            limits: Arc<Limits>,
            $($(#[cfg($feature)])? $method: PerRegion<$sdk::Client>,)+
        }

        /// The number of concurrent operations of each service.
        #[derive(Debug)]
        pub(super) struct Limits {
            $($method: Limit,)+
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($method: Limit::new($permits),)+ }
            }
        }

        impl Limits {
            /// The limit of a service.
            pub(super) fn of(&self, service: Service) -> &Limit {
                match service {
                    $(Service::$service => &self.$method,)+
                }
            }
        }

        impl Clients {
            /// Creates no client yet. All clients with the same `sent` share its counts.
            pub(super) fn new(sdk_config: SdkConfig, sent: Arc<Sent>) -> Self {
                Self {
                    sdk_config,
                    sent,
                    limits: Arc::default(),
                    $($(#[cfg($feature)])? $method: PerRegion::default(),)+
                }
            }

            /// The limits of the services.
            pub(super) fn limits(&self) -> &Limits {
                &self.limits
            }

            /// The configuration of the clients.
            pub(super) fn sdk_config(&self) -> &SdkConfig {
                &self.sdk_config
            }

            /// The counts of what was sent.
            pub(super) fn sent(&self) -> &Arc<Sent> {
                &self.sent
            }

            $(
                $(#[cfg($feature)])?
                $(#[doc = $doc])+
                ///
                /// The client for a Region, created when first used.
                pub fn $method(&self, region: &str) -> $sdk::Client {
                    self.$method.get_or_make(region, || {
                        let builder = $sdk::config::Builder::from(&self.sdk_config)
                            .region(Region::new(region.to_owned()))
                            .interceptor(Watch {
                                service: Service::$service,
                                sent: Arc::clone(&self.sent),
                                limits: Arc::clone(&self.limits),
                            })
                            .interceptor(RejectTruncated)
                            // By default all clients of a process share a retry quota, which a
                            // large account exhausts. The number of attempts and the limits of the
                            // services bound retries here.
                            .retry_partition(
                                RetryPartition::custom(stringify!($method))
                                    .token_bucket(TokenBucket::unlimited())
                                    .build(),
                            );
                        $(let builder = ($configure)(builder, &self.sdk_config);)?
                        $sdk::Client::from_conf(builder.build())
                    })
                }
            )+
        }
    };
}

services! {
    /// IAM: few calls that return data of the whole account, and a low rate limit that all callers
    /// in the account share.
    Iam, iam: aws_sdk_iam, 4;
    /// Amazon S3: one call for each bucket and fact, with responses within milliseconds, and a rate
    /// limit far above this.
    S3, s3: aws_sdk_s3, 16, path_style;
    /// AWS CloudFormation: a few calls for each stack, and sometimes a page of events.
    #[cfg(feature = "deploy")]
    CloudFormation, cloudformation: aws_sdk_cloudformation, 4;
    /// AWS Lambda: a page of functions for each Region.
    #[cfg(feature = "deploy")]
    Lambda, lambda: aws_sdk_lambda, 4;
    /// AWS CloudTrail: at most 10 reads per second in a Region, and few trails.
    CloudTrail, cloudtrail: aws_sdk_cloudtrail, 4;
    /// Amazon EC2: limits apply to each Region, and the Regions are read at the same time.
    Ec2, ec2: aws_sdk_ec2, 8;
    /// AWS Config: results are sent in a few calls.
    Config, config: aws_sdk_config, 4;
    /// AWS Security Hub: 10 imports per second.
    SecurityHub, securityhub: aws_sdk_securityhub, 4;
    /// AWS STS: one call for each role.
    Sts, sts: aws_sdk_sts, 4;
    /// AWS Account Management: contacts, a few calls per second.
    Account, account: aws_sdk_account, 2;
    /// IAM Access Analyzer: one list for each Region.
    AccessAnalyzer, access_analyzer: aws_sdk_accessanalyzer, 4;
    /// Amazon CloudWatch: alarms.
    CloudWatch, cloudwatch: aws_sdk_cloudwatch, 4;
    /// Amazon CloudWatch Logs: 5 describe calls per second.
    Logs, logs: aws_sdk_cloudwatchlogs, 4;
    /// Amazon EFS: one list for each Region.
    Efs, efs: aws_sdk_efs, 4;
    /// AWS KMS: reads of keys share a quota of some thousands per second.
    Kms, kms: aws_sdk_kms, 8;
    /// Amazon Macie: a few calls for each Region.
    Macie, macie: aws_sdk_macie2, 2;
    /// Amazon RDS: lists.
    Rds, rds: aws_sdk_rds, 4;
    /// The S3 control plane: the account's own settings.
    S3Control, s3control: aws_sdk_s3control, 4, shared_name;
    /// Amazon SNS: 30 reads per second.
    Sns, sns: aws_sdk_sns, 4;
    /// AWS Organizations: sequential pages, and a rate limit for the whole organization.
    Organizations, organizations: aws_sdk_organizations, 2;
}

/// S3 under one host name for all buckets of a Region. A host name for each bucket would require a
/// connection for each, and an account can have more buckets than a process can have open files.
fn path_style(builder: aws_sdk_s3::config::Builder, _: &SdkConfig) -> aws_sdk_s3::config::Builder {
    builder.force_path_style(true)
}

/// The S3 control plane through [`SharedName`].
fn shared_name(
    builder: aws_sdk_s3control::config::Builder,
    _: &SdkConfig,
) -> aws_sdk_s3control::config::Builder {
    builder.endpoint_resolver(SharedName::default())
}

/// The endpoint of the S3 control plane: at AWS a host name for each account, elsewhere one host
/// name for all. A header of the request contains the account in both cases.
#[derive(Debug, Default)]
struct SharedName(s3control::DefaultResolver);

impl s3control::ResolveEndpoint for SharedName {
    fn resolve_endpoint<'a>(
        &'a self,
        parameters: &'a s3control::Params,
    ) -> s3control::EndpointFuture<'a> {
        match parameters.endpoint() {
            Some(url) => s3control::EndpointFuture::ready(Ok(s3control::Endpoint::builder()
                .url(url.to_owned())
                .build())),
            None => self.0.resolve_endpoint(parameters),
        }
    }
}

/// Clients by Region.
struct PerRegion<C>(Mutex<HashMap<String, C>>);

impl<C> Default for PerRegion<C> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<C: Clone> PerRegion<C> {
    fn get_or_make(&self, region: &str, make: impl FnOnce() -> C) -> C {
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(region) {
            return client.clone();
        }
        clients.entry(region.to_owned()).or_insert_with(make).clone()
    }
}

/// Counts of what was sent.
#[derive(Debug, Default)]
pub(super) struct Sent {
    calls: AtomicU64,
    attempts: AtomicU64,
}

impl Sent {
    /// The number of operations, each once, whatever its number of attempts.
    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// The number of requests, retries included.
    pub(super) fn attempts(&self) -> u64 {
        self.attempts.load(Ordering::Relaxed)
    }
}

/// Counts what is sent, and adjusts the limit of the service to the responses of AWS.
#[derive(Debug)]
struct Watch {
    service: Service,
    sent: Arc<Sent>,
    limits: Arc<Limits>,
}

/// Marks an operation whose first attempt was counted.
#[derive(Debug)]
struct Counted;

impl Storable for Counted {
    type Storer = StoreReplace<Self>;
}

impl Intercept for Watch {
    fn name(&self) -> &'static str {
        "Watch"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.sent.attempts.fetch_add(1, Ordering::Relaxed);
        if config.load::<Counted>().is_none() {
            config.interceptor_state().store_put(Counted);
            self.sent.calls.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let limit = self.limits.of(self.service);
        if context.output_or_error().is_some_and(|answer| answer.is_ok()) {
            limit.succeeded();
        } else if let Some(response) = context.response()
            && is_throttling(
                response.status().as_u16(),
                response.body().bytes().unwrap_or_default(),
            )
        {
            limit.throttled();
        }
        Ok(())
    }
}
