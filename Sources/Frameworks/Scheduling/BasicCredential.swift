import JSON

enum BasicCredential {
    /// The value of an Authorization header (RFC 7617).
    static func header(_ credential: SchedulerSettings.Credential) -> String {
        "Basic " + Base64.encode(Array("\(credential.principal):\(credential.secret)".utf8))
    }
}
