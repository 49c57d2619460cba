//! Certificates and the superuser's Secret.

use super::Refusal;
use super::check::{Check, Look};
use super::field::Field;
use super::manifest::Manifest;

pub(super) static CHECKS: &[Check] = &[
    Check::error(
        "admission/superuser-secret-name",
        "superuserSecret.name",
        "Secret without a name",
        Look::Whole(superuser),
    ),
    Check::error(
        "admission/certs-altdns-with-tls",
        "certificates.serverAltDNSNames",
        "further names for a certificate that is given",
        Look::Whole(further_names),
    ),
    Check::error(
        "admission/certs-server-ca",
        "certificates.serverCASecret",
        "server certificate without its authority",
        Look::Whole(|manifest| authority(manifest, "serverTLSSecret", "serverCASecret")),
    ),
    Check::error(
        "admission/certs-client-ca",
        "certificates.clientCASecret",
        "replication certificate without its authority",
        Look::Whole(|manifest| authority(manifest, "replicationTLSSecret", "clientCASecret")),
    ),
];

fn superuser(manifest: &Manifest<'_>) -> Option<Refusal> {
    let secret = manifest.spec(&["superuserSecret"]);
    let name = secret.get("name");
    (secret.is_set() && name.text()?.is_empty())
        .then(|| name.refuse("the Secret of the superuser has no name"))
}

fn is_given(field: &Field<'_>) -> bool {
    field.is_set() && field.raw_text() != Some("")
}

fn further_names(manifest: &Manifest<'_>) -> Option<Refusal> {
    let certificates = manifest.spec(&["certificates"]);
    let names = certificates.get("serverAltDNSNames");
    (is_given(&certificates.get("serverTLSSecret")) && names.has_content()).then(|| {
        let message = "the names of the server are in the certificate that `serverTLSSecret` gives";
        names.refuse(message).help("remove `serverAltDNSNames`")
    })
}

fn authority(
    manifest: &Manifest<'_>,
    certificate: &'static str,
    authority: &'static str,
) -> Option<Refusal> {
    let certificates = manifest.spec(&["certificates"]);
    let field = certificates.get(authority);
    let certificate_field = certificates.get(certificate);
    (is_given(&certificate_field) && field.text()?.is_empty()).then(|| {
        let place = if field.is_set() {
            field
        } else {
            certificate_field
        };
        place.refuse(format!(
            "`{certificate}` needs `{authority}`, the authority behind it"
        ))
    })
}
