//! The AWS test environment over HTTP: its control interface, and the AWS operations with which
//! tests set up an account.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

/// The endpoint of the environment.
pub fn endpoint() -> String {
    std::env::var("PLUMBLINE_TEST_ENDPOINT")
        .expect("the AWS test environment is not running: use 'cargo xtask test'")
}

/// An account that no other test uses.
#[derive(Clone, Debug)]
pub struct TestAccount {
    /// Its twelve digits.
    pub id: String,
}

static NEXT: AtomicU32 = AtomicU32::new(0);

impl Default for TestAccount {
    fn default() -> Self {
        Self::new()
    }
}

impl TestAccount {
    /// A new, empty account.
    pub fn new() -> Self {
        // Several programs of tests may use one server: the process id keeps their accounts apart.
        let id = format!(
            "3{:07}{:04}",
            std::process::id() % 10_000_000,
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        Self { id }
    }

    /// An existing account.
    pub fn of(id: &str) -> Self {
        Self { id: id.to_owned() }
    }

    /// A new account with the resources of the demo.
    pub fn seeded() -> Self {
        Self::seeded_by("seed_demo.py", &[])
    }

    /// A new account with the resources of the demo, and 2,000 users, 500 buckets, 500 IAM groups
    /// and 500 security groups.
    pub fn large() -> Self {
        Self::seeded_by(
            "seed_large.py",
            &["--users", "2000", "--buckets", "500", "--groups", "500"],
        )
    }

    fn seeded_by(script: &str, arguments: &[&str]) -> Self {
        let account = Self::new();
        account.run(script, arguments);
        account
    }

    /// Creates the resources of the demo in the account.
    pub fn seed(&self) {
        self.run("seed_demo.py", &[]);
    }

    /// Runs a script of the environment for the account, and returns what it prints.
    pub fn run(&self, script: &str, arguments: &[&str]) -> String {
        let python = std::env::var("PLUMBLINE_TEST_PYTHON")
            .expect("the Python of the test environment is not known: use 'cargo xtask test'");
        let mut command = std::process::Command::new(python);
        command
            .arg(crate::package().join("environment").join(script))
            .args(["--endpoint", &endpoint(), "--account", &self.id])
            .args(arguments);
        let output = command.output().expect("Python starts");
        assert!(
            output.status.success(),
            "{script} failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).expect("a text")
    }

    /// An access key id that acts as the account.
    pub fn access_key(&self) -> String {
        format!("AKIA{}TEST", self.id)
    }

    /// The variables of credentials of a role of the account, as AWS Lambda has them for its
    /// functions.
    pub fn session(&self, role: &str) -> [(&'static str, String); 3] {
        let made = self.control("sts/session", json!({ "role": role }));
        let text = |name: &str| made[name].as_str().expect("a text").to_owned();
        [
            ("AWS_ACCESS_KEY_ID", text("access_key_id")),
            ("AWS_SECRET_ACCESS_KEY", text("secret_access_key")),
            ("AWS_SESSION_TOKEN", text("session_token")),
        ]
    }

    /// Sends a request about the account to the control interface.
    pub fn control(&self, path: &str, mut body: Value) -> Value {
        body["account"] = json!(self.id);
        let url = format!("{}/_plumbline/{path}", endpoint());
        ureq::post(&url)
            .send_json(body)
            .expect("the control interface answers")
            .body_mut()
            .read_json()
            .expect("JSON")
    }

    /// Reads from the control interface.
    pub fn inspect(&self, path: &str, query: &str) -> Value {
        let url = format!("{}/_plumbline/{path}?account={}{query}", endpoint(), self.id);
        ureq::get(&url)
            .call()
            .expect("the control interface answers")
            .body_mut()
            .read_json()
            .expect("JSON")
    }

    /// Deletes data of the account in the control interface.
    pub fn forget(&self, path: &str) {
        let url = format!("{}/_plumbline/{path}?account={}", endpoint(), self.id);
        ureq::delete(&url).call().expect("the control interface answers");
    }

    /// Makes an operation fail.
    pub fn fault(&self, service: &str, operation: &str, mode: &str, more: Value) {
        let mut body = json!({ "service": service, "operation": operation, "mode": mode });
        body.as_object_mut()
            .expect("an object")
            .extend(more.as_object().cloned().unwrap_or_default());
        self.control("faults", body);
    }

    /// The operations that were called, `service:operation`, in order.
    pub fn calls(&self) -> Vec<String> {
        let calls = self.inspect("calls", "");
        let name = |call: &Value| {
            format!(
                "{}:{}",
                call["service"].as_str().unwrap_or_default(),
                call["operation"].as_str().unwrap_or_default()
            )
        };
        calls.as_array().expect("a list").iter().map(name).collect()
    }

    /// The header with which a request acts as the account.
    pub fn authorization(&self, service: &str, region: &str) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential={}/20260101/{region}/{service}/aws4_request, \
             SignedHeaders=host, Signature=00",
            self.access_key()
        )
    }

    /// Calls an operation of a service with form requests and XML responses: IAM, EC2, STS.
    pub fn query(
        &self,
        service: &str,
        version: &str,
        region: &str,
        fields: &[(&str, &str)],
    ) -> String {
        let mut form = vec![("Version", version)];
        form.extend(fields);
        let mut answer = ureq::post(endpoint())
            .header("Authorization", self.authorization(service, region))
            .config()
            .http_status_as_error(false)
            .build()
            .send_form(form)
            .unwrap_or_else(|error| panic!("{service} {fields:?}: {error}"));
        let text = answer.body_mut().read_to_string().expect("a text");
        assert!(answer.status().is_success(), "{service} {:?}: {text}", fields.first());
        text
    }

    /// Calls an operation of a service that takes and answers JSON under a target: CloudTrail,
    /// CloudWatch Logs, CloudWatch.
    pub fn json(&self, service: &str, target: &str, region: &str, body: &Value) -> Value {
        let mut answer = ureq::post(endpoint())
            .header("Authorization", self.authorization(service, region))
            .header("X-Amz-Target", target)
            .header("Content-Type", "application/x-amz-json-1.1")
            .send(body.to_string())
            .unwrap_or_else(|error| panic!("{target} {body}: {error}"));
        let text = answer.body_mut().read_to_string().expect("a text");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect("JSON") }
    }

    /// Calls an operation of IAM.
    pub fn iam(&self, fields: &[(&str, &str)]) -> String {
        self.query("iam", "2010-05-08", "us-east-1", fields)
    }

    /// Calls an operation of EC2.
    pub fn ec2(&self, region: &str, fields: &[(&str, &str)]) -> String {
        self.query("ec2", "2016-11-15", region, fields)
    }

    /// Calls an operation of AWS Organizations.
    pub fn organizations(&self, operation: &str, body: &Value) -> Value {
        let target = format!("AWSOrganizationsV20161128.{operation}");
        self.json("organizations", &target, "us-east-1", body)
    }

    /// Creates an organization, of which this is the management account.
    pub fn create_organization(&self) {
        self.organizations("CreateOrganization", &json!({ "FeatureSet": "ALL" }));
    }

    /// Creates a member account of the organization.
    pub fn create_member(&self, name: &str) -> Self {
        let email = format!("{name}@example.com");
        let created =
            self.organizations("CreateAccount", &json!({ "AccountName": name, "Email": email }));
        let id = created["CreateAccountStatus"]["AccountId"].as_str().expect("an id");
        Self { id: id.to_owned() }
    }

    /// Creates a role that any account can assume.
    pub fn create_role(&self, name: &str) {
        let policy = ("AssumeRolePolicyDocument", "{}");
        self.iam(&[("Action", "CreateRole"), ("RoleName", name), policy]);
    }

    /// Sends a request to S3.
    pub fn s3(&self, method: &str, path: &str, region: &str, body: &str) {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", endpoint()))
            .header("Authorization", self.authorization("s3", region))
            .body(body.to_owned())
            .expect("a request");
        ureq::run(request).unwrap_or_else(|error| panic!("{method} {path}: {error}"));
    }

    /// An object of S3 that is JSON.
    pub fn object(&self, path: &str) -> Value {
        ureq::get(format!("{}{path}", endpoint()))
            .header("Authorization", self.authorization("s3", "us-east-1"))
            .call()
            .unwrap_or_else(|error| panic!("{path}: {error}"))
            .body_mut()
            .read_json()
            .expect("JSON")
    }

    /// Creates a bucket.
    pub fn bucket(&self, name: &str, region: &str) {
        let location = format!(
            "<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint>\
             </CreateBucketConfiguration>"
        );
        self.s3(
            "PUT",
            &format!("/{name}"),
            region,
            if region == "us-east-1" { "" } else { &location },
        );
    }

    /// Sets a bucket's versioning and MFA delete.
    pub fn versioning(&self, name: &str, region: &str, status: &str, mfa_delete: &str) {
        let body = format!(
            "<VersioningConfiguration><Status>{status}</Status>\
             <MfaDelete>{mfa_delete}</MfaDelete></VersioningConfiguration>"
        );
        self.s3("PUT", &format!("/{name}?versioning"), region, &body);
    }

    /// Creates and starts an AWS Config recorder of all resource types. Rules cannot be created
    /// without a recorder.
    pub fn recorder(&self, region: &str) {
        let config = |operation: &str, body: Value| {
            self.json("config", &format!("StarlingDoveService.{operation}"), region, &body)
        };
        let role = format!("arn:aws:iam::{}:role/config", self.id);
        config(
            "PutConfigurationRecorder",
            json!({ "ConfigurationRecorder": { "name": "default", "roleARN": role } }),
        );
        config(
            "PutDeliveryChannel",
            json!({ "DeliveryChannel": { "name": "default",
                "s3BucketName": format!("config-{}", self.id) } }),
        );
        config("StartConfigurationRecorder", json!({ "ConfigurationRecorderName": "default" }));
    }

    /// Enables Security Hub.
    pub fn enable_security_hub(&self, region: &str) {
        ureq::post(format!("{}/accounts", endpoint()))
            .header("Authorization", self.authorization("securityhub", region))
            .send_json(json!({}))
            .expect("Security Hub is enabled");
    }

    /// Changes a finding as a user would.
    pub fn update_finding(&self, region: &str, id: &str, product_arn: &str, change: Value) {
        let mut body = json!({ "FindingIdentifiers": [{ "Id": id, "ProductArn": product_arn }] });
        body.as_object_mut()
            .expect("an object")
            .extend(change.as_object().cloned().unwrap_or_default());
        ureq::patch(format!("{}/findings/batchupdate", endpoint()))
            .header("Authorization", self.authorization("securityhub", region))
            .send_json(body)
            .expect("the finding is updated");
    }

    /// Imports a finding, as any program with this permission can.
    pub fn import_finding(&self, region: &str, finding: &Value) {
        // What Security Hub adds is not part of an import.
        let mut finding = finding.clone();
        for added in ["ProcessedAt", "WorkflowState", "Workflow", "CompanyName", "ProductName"] {
            finding.as_object_mut().expect("an object").remove(added);
        }
        let fields = finding["ProductFields"].as_object_mut().expect("an object");
        fields.retain(|name, _| !name.starts_with("aws/"));
        let mut answer = ureq::post(format!("{}/findings/import", endpoint()))
            .header("Authorization", self.authorization("securityhub", region))
            .send_json(json!({ "Findings": [finding] }))
            .expect("the finding is imported");
        let answer: Value = answer.body_mut().read_json().expect("JSON");
        assert_eq!(answer["FailedCount"], 0, "{answer}");
    }

    /// Registers a rule and returns a token for one invocation.
    pub fn token(&self, region: &str, rule: &str) -> String {
        self.control("config/token", json!({ "region": region, "rule_name": rule }))["token"]
            .as_str()
            .expect("a token")
            .to_owned()
    }

    /// The results of a rule in AWS Config, "not applicable" included.
    pub fn evaluations(&self, region: &str, rule: &str) -> Value {
        self.inspect("config/evaluations", &format!("&region={region}&rule={rule}"))
    }

    /// The findings in Security Hub, archived findings included.
    pub fn findings(&self, region: &str) -> Value {
        self.inspect("securityhub/findings", &format!("&region={region}"))
    }
}
