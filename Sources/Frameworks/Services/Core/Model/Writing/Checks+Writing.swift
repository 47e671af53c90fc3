import FrameworkCore
package import JSON

extension HealthCheck {
    /// Also the `healthCheck` member of events.
    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        if let command {
            writer.key(verbatim: "command")
            writer.beginObject()
            writer.member("value", command)
            writer.endObject()
        }
        writer.member("gracePeriodSeconds", gracePeriodSeconds)
        if ignoresHTTP1xx || (kind.isRunByLeader && kind.isHTTP) { writer.member("ignoreHttp1xx", ignoresHTTP1xx) }
        writer.member("intervalSeconds", intervalSeconds)
        writer.member("maxConsecutiveFailures", maxConsecutiveFailures)
        writer.member("path", path)
        if let port { writer.member("port", port) }
        if let portIndex { writer.member("portIndex", portIndex) }
        writer.member("protocol", kind.rawValue)
        writer.member("ipProtocol", ipProtocol.rawValue)
        writer.member("timeoutSeconds", timeoutSeconds)
        writer.member("delaySeconds", delaySeconds)
        writer.endObject()
    }
}

extension Check {
    func write(into writer: inout JSONWriter) {
        writer.beginObject()
        switch probe {
        case .http(let port, let path, let scheme):
            writer.key(verbatim: "http")
            writer.beginObject()
            port.write(into: &writer)
            writer.member("path", path)
            writer.member("scheme", scheme.rawValue)
            writer.endObject()
        case .tcp(let port):
            writer.key(verbatim: "tcp")
            writer.beginObject()
            port.write(into: &writer)
            writer.endObject()
        case .command(let command):
            writer.key(verbatim: "exec")
            writer.beginObject()
            writer.key(verbatim: "command")
            command.write(into: &writer)
            writer.endObject()
        }
        writer.member("intervalSeconds", intervalSeconds)
        writer.member("timeoutSeconds", timeoutSeconds)
        writer.member("delaySeconds", delaySeconds)
        writer.endObject()
    }
}

extension Check.Port {
    /// The members, without an object around them.
    fileprivate func write(into writer: inout JSONWriter) {
        if let index { writer.member("portIndex", index) }
        if let number { writer.member("port", number) }
    }
}

extension Check.Command {
    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        switch self {
        case .shell(let text): writer.member("shell", text)
        case .arguments(let texts):
            writer.key(verbatim: "argv")
            writer.strings(texts)
        }
        writer.endObject()
    }
}

extension ReadinessCheck {
    func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", name)
        writer.member("protocol", scheme.rawValue)
        writer.member("path", path)
        writer.member("portName", portName)
        writer.member("intervalSeconds", intervalSeconds)
        writer.member("timeoutSeconds", timeoutSeconds)
        writer.elements("httpStatusCodesForReady", httpStatusCodesForReady) { $1.int($0) }
        writer.member("preserveLastResponse", preserveLastResponse)
        writer.endObject()
    }
}
