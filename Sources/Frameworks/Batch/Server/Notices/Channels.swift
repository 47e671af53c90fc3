import BatchCore
import Transport

/// How people are reached, and as whom: what of the settings only the sending needs.
struct Channels: Sendable {
    /// `host:port` of a mail server.
    var mailServer: String?
    var mailFrom = ""
    var mailUser: String?
    var mailPassword: String?
    /// TLS from the first byte on.
    var isMailSecure = false
    var slackURL: String?
    var mattermostURL: String?
    var callbackURL: String?
    /// `user:password`
    var callbackCredentials: String?

    /// Those that there are, in the order in which they are used.
    var all: [Notice.Channel] {
        Notice.Channel.allCases.filter { channel in
            switch channel {
            case .mail: mailServer != nil
            case .slack: slackURL != nil
            case .mattermost: mattermostURL != nil
            case .http: callbackURL != nil
            }
        }
    }

    /// Why they can't be used, in one line; nil if they can.
    var problem: String? {
        if let mailServer {
            if Endpoint("http://" + mailServer) == nil || mailServer.contains("/") { return "--mail_server must be host:port, not '\(mailServer)'" }
            if mailFrom.isEmpty { return "--mail_server needs --mail_from, the sender's address" }
            if !MailMessage.isAddress(mailFrom) { return "--mail_from must be an address, not '\(mailFrom)'" }
            if mailUser == nil, mailPassword != nil { return "--mail_password needs --mail_user" }
        }
        for (flag, url) in [("slack_url", slackURL), ("mattermost_url", mattermostURL), ("http_notification_url", callbackURL)] {
            if let url, Endpoint(url) == nil { return "--\(flag) must be an http or https URL" }
        }
        if let callbackCredentials, !callbackCredentials.contains(":") { return "--http_notification_credentials must be user:password" }
        return nil
    }
}
