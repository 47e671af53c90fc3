import FrameworkCore
package import JSON

extension AppUpdate {
    /// Resources beyond this (cpus, MB) have no exact thousandths in 64 bits; nobody has that much.
    private static let mostResources = 1e12

    /// Reads the body of a request: a JSON object whose unknown members are ignored.
    /// - Throws: `.schema` with all members of a wrong type or out of range.
    /// Specified by Marathon 1.11 docs/rest-api (app.raml).
    package init(_ json: JSONValue) throws(ModelRejection) {
        self.init()
        let errors = SchemaErrors()
        if let reader = SchemaReader.object(json, "", errors) { read(reader) }
        if !errors.violations.isEmpty {
            throw .schema(errors.violations.map { $0.path.isEmpty ? Violation("/", $0.errors) : $0 })
        }
    }

    /// Reads an app inside of a larger body, such as that of a group.
    init(_ reader: SchemaReader) {
        self.init()
        read(reader)
    }

    private mutating func read(_ reader: SchemaReader) {
        readProcess(reader)
        readResources(reader)
        readPlacement(reader)
        readPorts(reader)
        readChecks(reader)
        readDeployment(reader)
        readVersions(reader)
        readContainer(reader)
    }

    private mutating func readProcess(_ reader: SchemaReader) {
        id = reader.string("id", length: 1...Int.max)
        cmd = reader.string("cmd")
        args = reader.strings("args")
        user = reader.string("user")
        env = reader.map("env") { Self.environmentValue($0, $1, reader.errors) }
        executor = reader.string("executor")
        if let executor, !NameSyntax.isExecutor(executor) {
            reader.errors.add("\(reader.path)/executor", "error.pattern", "must be empty, //cmd or a path")
        }
        fetch = reader.objects("fetch", Self.artifact)
        deprecated.uris = reader.strings("uris", length: 1...1024)
        secrets = reader.map("secrets") { value, path in
            guard let secret = SchemaReader.object(value, path, reader.errors) else { return nil }
            return secret.require(secret.string("source", length: 1...Int.max), "source").map(Secret.init)
        }
        tty = reader.bool("tty")
        taskKillGracePeriodSeconds = reader.int("taskKillGracePeriodSeconds")
    }

    private mutating func readResources(_ reader: SchemaReader) {
        cpus = reader.number("cpus", in: 0.001...Self.mostResources)
        mem = reader.number("mem", in: 0...Self.mostResources)
        disk = reader.number("disk", in: 0...Self.mostResources)
        gpus = reader.int("gpus")
        resourceLimits = reader.object("resourceLimits") { limits in
            ResourceLimits(cpus: Self.resourceLimit("cpus", limits), mem: Self.resourceLimit("mem", limits))
        }
        executorResources = reader.object("executorResources") { resources in
            let standard = ExecutorResources()
            return ExecutorResources(
                cpus: resources.number("cpus", in: standard.cpus...Self.mostResources) ?? standard.cpus,
                mem: resources.number("mem", in: standard.mem...Self.mostResources) ?? standard.mem,
                disk: resources.number("disk", in: standard.disk...Self.mostResources) ?? standard.disk)
        }
    }

    private mutating func readPlacement(_ reader: SchemaReader) {
        instances = reader.int("instances")
        constraints = reader.array("constraints") { value, path in
            SchemaReader.array(value, path, reader.errors) { SchemaReader.string($0, $1, reader.errors) }
        }?.unique()
        acceptedResourceRoles = reader.strings("acceptedResourceRoles")?.unique()
        role = reader.string("role", length: 1...Int.max)
        dependencies = reader.strings("dependencies", length: 1...Int.max)?.unique()
        labels = reader.labels("labels")
    }

    private mutating func readPorts(_ reader: SchemaReader) {
        networks = reader.objects("networks", Self.network)
        portDefinitions = reader.objects("portDefinitions") { definition in
            PortDefinition(
                port: definition.int("port", in: SchemaReader.ports) ?? 0, name: definition.portName("name"),
                networkProtocol: definition.networkProtocol() ?? .tcp, labels: definition.labels("labels") ?? Labels())
        }
        requirePorts = reader.bool("requirePorts")
        deprecated.ports = reader.array("ports") { value, path in
            SchemaReader.integer(value, path, reader.errors, in: SchemaReader.ports).flatMap { Int(exactly: $0) }
        }
        deprecated.ipAddress = reader.object("ipAddress", Self.ipAddress)
    }

    private mutating func readDeployment(_ reader: SchemaReader) {
        backoffSeconds = reader.int("backoffSeconds")
        backoffFactor = reader.number("backoffFactor", in: 1...Double.greatestFiniteMagnitude)
        maxLaunchDelaySeconds = reader.int("maxLaunchDelaySeconds")
        upgradeStrategy = reader.object("upgradeStrategy") { strategy in
            guard
                let over = strategy.require(strategy.number("maximumOverCapacity", in: 0...1), "maximumOverCapacity"),
                let health = strategy.require(strategy.number("minimumHealthCapacity", in: 0...1), "minimumHealthCapacity")
            else { return nil }
            return UpgradeStrategy(maximumOverCapacity: over, minimumHealthCapacity: health)
        }
        killSelection = reader.choice("killSelection")
        unreachableStrategy = Self.unreachableStrategy(reader)
        residency = reader.object("residency") { residency in
            Residency(
                relaunchEscalationTimeoutSeconds: residency.integer("relaunchEscalationTimeoutSeconds", in: 0...Int64.max) ?? 3600,
                lostTasks: residency.choice("taskLostBehavior") ?? .waitForever)
        }
    }

    private mutating func readVersions(_ reader: SchemaReader) {
        version = Self.timestamp("version", reader)
        guard let version, let info = reader.present("versionInfo")?.object else { return }
        guard let scaling = info["lastScalingAt"]?.string.flatMap(Timestamp.init),
            let config = info["lastConfigChangeAt"]?.string.flatMap(Timestamp.init)
        else { return }
        versionInfo = VersionInfo(version: version, lastScalingAt: scaling, lastConfigChangeAt: config)
    }
}

// MARK: - Parts

extension AppUpdate {
    private static func environmentValue(_ value: JSONValue, _ path: String, _ errors: SchemaErrors) -> EnvironmentValue? {
        if let text = value.string { return .text(text) }
        guard value.object != nil else {
            errors.add(path, "error.expected.jsstring", "must be a string or {\"secret\": \"<key>\"}")
            return nil
        }
        return SchemaReader.object(value, path, errors).flatMap { $0.require($0.string("secret"), "secret").map(EnvironmentValue.secret) }
    }

    private static func artifact(_ reader: SchemaReader) -> Artifact? {
        guard let uri = reader.require(reader.string("uri", length: 1...1024), "uri") else { return nil }
        return Artifact(
            uri: uri, extract: reader.bool("extract") ?? true, executable: reader.bool("executable") ?? false,
            cache: reader.bool("cache") ?? false, destPath: reader.string("destPath", length: 1...1024))
    }

    private static func resourceLimit(_ name: String, _ reader: SchemaReader) -> ResourceLimit? {
        guard let value = reader.present(name) else { return nil }
        guard let text = value.string else { return reader.number(name, in: 0...mostResources).map(ResourceLimit.number) }
        if text == "unlimited" { return .unlimited }
        reader.errors.add(reader.path(of: name), "'\(text)' is an invalid resource limit. It must be 'unlimited' or a number")
        return nil
    }

    static func network(_ reader: SchemaReader) -> Network? {
        let rule = "must be small letters, digits and inner hyphens or underscores"
        return Network(
            mode: reader.choice("mode") ?? .container,
            name: reader.string("name", matching: NameSyntax.isNetworkName, rule: rule, maxLength: 63),
            labels: reader.labels("labels") ?? Labels())
    }

    private static func ipAddress(_ reader: SchemaReader) -> DeprecatedMembers.IPAddress? {
        _ = reader.strings("groups")
        let ports = reader.object("discovery") { discovery in
            discovery.objects("ports") { port -> DeprecatedMembers.DiscoveryPort? in
                guard let name = port.require(port.portName("name"), "name") else { return nil }
                return DeprecatedMembers.DiscoveryPort(
                    number: port.int("number", in: SchemaReader.ports) ?? 0, name: name,
                    networkProtocol: port.networkProtocol() ?? .tcp, labels: port.labels("labels") ?? Labels())
            } ?? []
        }
        return DeprecatedMembers.IPAddress(
            labels: reader.labels("labels") ?? Labels(), networkName: reader.string("networkName", length: 1...Int.max),
            discoveryPorts: ports)
    }

    private static func unreachableStrategy(_ reader: SchemaReader) -> UnreachableStrategy? {
        guard let value = reader.present("unreachableStrategy") else { return nil }
        if let text = value.string {
            if text.lowercased() == "disabled" { return .disabled }
            reader.errors.add(reader.path(of: "unreachableStrategy"), "error.unknown.enum.literal", "must be \"disabled\" or an object")
            return nil
        }
        return reader.object("unreachableStrategy") { strategy in
            .enabled(
                inactiveAfterSeconds: strategy.integer("inactiveAfterSeconds", in: 0...Int64.max) ?? 0,
                expungeAfterSeconds: strategy.integer("expungeAfterSeconds", in: 0...Int64.max) ?? 0)
        }
    }

    private static func timestamp(_ name: String, _ reader: SchemaReader) -> Timestamp? {
        guard let text = reader.string(name) else { return nil }
        let timestamp = Timestamp(text)
        if timestamp == nil { reader.errors.add(reader.path(of: name), Timestamp.invalidMessage(text)) }
        return timestamp
    }
}
