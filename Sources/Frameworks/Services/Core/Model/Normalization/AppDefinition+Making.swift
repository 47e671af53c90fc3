package import JSON

extension AppDefinition {
    /// Makes the definition of a new app, or one that replaces another completely.
    ///
    /// In Marathon's order: resolve ids, check and translate deprecated members, fill in defaults, validate.
    /// - Parameters:
    ///   - id: the app's id where the request's path gives it; it wins over the body's.
    ///   - group: what relative ids are relative to; inside group updates also what the id must be a child of.
    ///   - versionInfo: what the definition gets as its version.
    /// - Throws: `.schema` if there is no id, `.invalid` with all violations, `.message` for what can't be translated.
    package init(
        _ update: AppUpdate, id: PathID? = nil, in group: PathID = .root, mustBeChild: Bool = false, rules: AppRules, versionInfo: VersionInfo
    ) throws(ModelRejection) {
        guard let id = id ?? update.id.map({ PathID($0, in: group) }) else { throw .schema([Violation("/id", "error.path.missing")]) }
        let deprecated = update.deprecatedViolations
        if !deprecated.isEmpty { throw .invalid(deprecated) }
        let translated = try update.translated(mesosBridgeName: rules.mesosBridgeName)
        try self.init(translated: translated, id: id, parent: mustBeChild ? group : nil, rules: rules, versionInfo: versionInfo)
    }

    /// The definition after a request to change it. Its version stays: what it becomes depends on what else the request changes
    /// (`VersionInfo.changing(from:to:at:)`).
    ///
    /// Each top-level member that is present replaces the stored one as a whole. `executorResources` and `resourceLimits` are taken from
    /// the request alone, as Marathon does.
    /// - Throws: as for a new app; also if `version`, which asks for a rollback, comes with other members.
    package func changed(by update: AppUpdate, rules: AppRules) throws(ModelRejection) -> AppDefinition {
        _ = try update.rollbackVersion()
        let translated = try update.translated(mesosBridgeName: rules.mesosBridgeName)
        if rules.defaultNetworkName == nil, translated.networks?.contains(where: { $0.mode == .container && $0.name == nil }) == true {
            throw .message("container network name is not defined")
        }
        if update.deprecated.hasDockerCredential { throw .invalid([Violation("/container/docker/credential", "must be empty")]) }
        return try AppDefinition(
            translated: AppUpdate(self).merged(with: translated), id: id, parent: nil, rules: rules, versionInfo: versionInfo)
    }

    /// Reads a definition that was written by `write(into:)`, without validating it again: rules may have changed since.
    /// - Throws: `.schema` if it was written by something else.
    package init(stored json: JSONValue) throws(ModelRejection) {
        let update = try AppUpdate(json)
        guard let id = update.id, let role = update.role, let versionInfo = update.versionInfo else {
            throw .schema([Violation("/", "error.path.missing", "a stored definition has an id, a role and a version")])
        }
        var violations: [Violation] = []
        self.init(canonical: update, id: PathID(id), role: role, versionInfo: versionInfo, &violations)
        if !violations.isEmpty { throw .schema(violations) }
    }

    private init(
        translated update: AppUpdate, id: PathID, parent: PathID?, rules: AppRules, versionInfo: VersionInfo
    ) throws(ModelRejection) {
        var update = update
        if update.networks?.isEmpty ?? true { update.networks = [.host] }
        update.normalizePorts()
        update.networks = update.networks?.map { network in
            guard network.mode == .container, network.name == nil else { return network }
            return Network(mode: .container, name: rules.defaultNetworkName, labels: network.labels)
        }
        var violations: [Violation] = []
        violations.add("/id", id.violations(under: parent))
        if id.isRoot { violations.add("/", "must not be root") }
        self.init(canonical: update, id: id, role: update.role ?? rules.roles.standard, versionInfo: versionInfo, &violations)
        violations.add(self.violations(rules: rules))
        if !violations.isEmpty { throw .invalid(violations) }
    }

    /// Fills in defaults. Constraints that can't be understood become violations.
    private init(canonical update: AppUpdate, id: PathID, role: String, versionInfo: VersionInfo, _ violations: inout [Violation]) {
        self.init(id: id, role: role, versionInfo: versionInfo)
        takeProcess(update)
        takeNetworking(update)
        takeChecks(update)
        takeDeployment(update)
        var constraints: [Constraint] = []
        for (index, words) in (update.constraints ?? []).enumerated() {
            switch Constraint.parse(words) {
            case .success(let constraint): constraints.append(constraint)
            case .failure(let refusal): violations.add("/constraints(\(index))", refusal.text)
            }
        }
        self.constraints = constraints.unique()
    }
}

// MARK: - Defaults

extension AppDefinition {
    private mutating func takeProcess(_ update: AppUpdate) {
        cmd = update.cmd
        args = update.args ?? []
        user = update.user
        env = update.env ?? env
        cpus = update.cpus ?? cpus
        mem = update.mem ?? mem
        disk = update.disk ?? disk
        gpus = update.gpus ?? gpus
        resourceLimits = update.resourceLimits
        executor = update.executor ?? executor
        executorResources = update.executorResources
        fetch = update.fetch ?? []
        secrets = update.secrets ?? secrets
        tty = update.tty
        taskKillGracePeriodSeconds = update.taskKillGracePeriodSeconds
    }

    private mutating func takeNetworking(_ update: AppUpdate) {
        container = update.container
        networks = update.networks ?? networks
        portDefinitions = update.portDefinitions ?? []
        requirePorts = update.requirePorts ?? false
    }

    private mutating func takeChecks(_ update: AppUpdate) {
        healthChecks = (update.healthChecks ?? []).map { check in
            guard check.kind == .command else { return check }
            // Tolerated, but a command has no port.
            var check = check
            check.portIndex = nil
            return check
        }
        check = update.check
        readinessChecks = update.readinessChecks ?? []
    }

    private mutating func takeDeployment(_ update: AppUpdate) {
        instances = update.instances ?? instances
        dependencies = (update.dependencies ?? []).map { PathID($0, in: id.parent) }.unique()
        labels = update.labels ?? labels
        acceptedResourceRoles = update.acceptedResourceRoles
        backoffSeconds = update.backoffSeconds ?? backoffSeconds
        backoffFactor = update.backoffFactor ?? backoffFactor
        maxLaunchDelaySeconds = update.maxLaunchDelaySeconds ?? maxLaunchDelaySeconds
        upgradeStrategy = update.upgradeStrategy ?? (isResident || hasExternalVolumes ? .withVolumes : .standard)
        killSelection = update.killSelection ?? .youngestFirst
        unreachableStrategy = update.unreachableStrategy ?? (isResident ? .disabled : .standard)
        residency = isResident ? update.residency ?? Residency() : nil
    }
}
