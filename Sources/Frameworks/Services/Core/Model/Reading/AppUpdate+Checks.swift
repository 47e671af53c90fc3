import JSON

extension AppUpdate {
    mutating func readChecks(_ reader: SchemaReader) {
        healthChecks = reader.objects("healthChecks", Self.healthCheck)?.unique()
        check = reader.object("check", Self.check)
        readinessChecks = reader.objects("readinessChecks", Self.readinessCheck)
    }

    private static func healthCheck(_ reader: SchemaReader) -> HealthCheck? {
        var check = HealthCheck()
        check.kind = reader.choice("protocol") ?? .http
        check.command = reader.object("command") { $0.require($0.string("value"), "value") }
        check.path = reader.string("path")
        check.port = reader.int("port", in: SchemaReader.ports)
        check.portIndex = reader.int("portIndex", in: SchemaReader.ports)
        check.gracePeriodSeconds = reader.int("gracePeriodSeconds") ?? check.gracePeriodSeconds
        check.intervalSeconds = reader.int("intervalSeconds") ?? check.intervalSeconds
        check.timeoutSeconds = reader.int("timeoutSeconds") ?? check.timeoutSeconds
        check.maxConsecutiveFailures = reader.int("maxConsecutiveFailures") ?? check.maxConsecutiveFailures
        check.delaySeconds = reader.int("delaySeconds") ?? check.delaySeconds
        check.ignoresHTTP1xx = reader.bool("ignoreHttp1xx") ?? false
        check.ipProtocol = reader.choice("ipProtocol") ?? .v4
        return check
    }

    private static func check(_ reader: SchemaReader) -> Check? {
        let http = reader.object("http") { http in
            Check.Probe.http(
                port: port(http), path: http.string("path", length: 1...1024), scheme: http.choice("scheme") ?? .http)
        }
        let tcp = reader.object("tcp") { Check.Probe.tcp(port: port($0)) }
        let exec = reader.object("exec") { exec in
            exec.require(exec.object("command", command), "command").map(Check.Probe.command)
        }
        let given = ["http", "tcp", "exec"].filter { reader.present($0) != nil }
        guard given.count == 1 else {
            reader.errors.add(reader.path, "exactly one of http, tcp and exec must be given")
            return nil
        }
        let standard = Check(probe: .tcp(port: Check.Port()))
        let interval = reader.int("intervalSeconds") ?? standard.intervalSeconds
        let timeout = reader.int("timeoutSeconds") ?? standard.timeoutSeconds
        let delay = reader.int("delaySeconds") ?? standard.delaySeconds
        return (http ?? tcp ?? exec).map {
            Check(probe: $0, intervalSeconds: interval, timeoutSeconds: timeout, delaySeconds: delay)
        }
    }

    private static func port(_ reader: SchemaReader) -> Check.Port {
        Check.Port(number: reader.int("port", in: SchemaReader.ports), index: reader.int("portIndex", in: SchemaReader.ports))
    }

    private static func command(_ reader: SchemaReader) -> Check.Command? {
        switch (reader.present("shell") != nil, reader.present("argv") != nil) {
        case (true, false): return reader.string("shell").map(Check.Command.shell)
        case (false, true): return reader.strings("argv").map(Check.Command.arguments)
        default:
            reader.errors.add(reader.path, "either shell or argv must be given")
            return nil
        }
    }

    private static func readinessCheck(_ reader: SchemaReader) -> ReadinessCheck? {
        var check = ReadinessCheck()
        check.name = reader.string("name", length: 1...Int.max) ?? check.name
        check.scheme = reader.choice("protocol") ?? .http
        check.path = reader.string("path", length: 1...1024) ?? check.path
        check.portName = reader.portName("portName") ?? check.portName
        check.intervalSeconds = reader.int("intervalSeconds") ?? check.intervalSeconds
        check.timeoutSeconds = reader.int("timeoutSeconds", in: 1...Int64(Int32.max)) ?? check.timeoutSeconds
        check.preserveLastResponse = reader.bool("preserveLastResponse") ?? false
        let codes = reader.array("httpStatusCodesForReady") { value, path in
            SchemaReader.integer(value, path, reader.errors, in: 100...999).flatMap { Int(exactly: $0) }
        }
        // As Marathon does: an empty list is the default.
        if let codes, !codes.isEmpty { check.httpStatusCodesForReady = codes.unique() }
        return check
    }
}
