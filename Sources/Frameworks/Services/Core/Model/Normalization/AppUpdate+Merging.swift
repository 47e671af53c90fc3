package import FrameworkCore

extension AppUpdate {
    /// A request that says all that a definition says.
    init(_ app: AppDefinition) {
        self.init()
        cmd = app.cmd
        args = app.args
        user = app.user
        env = app.env
        instances = app.instances
        cpus = app.cpus
        mem = app.mem
        disk = app.disk
        gpus = app.gpus
        resourceLimits = app.resourceLimits
        executor = app.executor
        executorResources = app.executorResources
        constraints = app.constraints.map(\.words)
        fetch = app.fetch
        container = app.container
        networks = app.networks
        portDefinitions = app.isInHostMode ? app.portDefinitions : nil
        requirePorts = app.requirePorts
        healthChecks = app.healthChecks
        check = app.check
        readinessChecks = app.readinessChecks
        dependencies = app.dependencies.map(\.description)
        labels = app.labels
        backoffSeconds = app.backoffSeconds
        backoffFactor = app.backoffFactor
        maxLaunchDelaySeconds = app.maxLaunchDelaySeconds
        upgradeStrategy = app.upgradeStrategy
        taskKillGracePeriodSeconds = app.taskKillGracePeriodSeconds
        killSelection = app.killSelection
        unreachableStrategy = app.unreachableStrategy
        residency = app.residency
        acceptedResourceRoles = app.acceptedResourceRoles
        role = app.role
        secrets = app.secrets
        tty = app.tty
    }

    /// This request with what another says taking its place. Both have been translated.
    func merged(with update: AppUpdate) -> AppUpdate {
        var merged = self
        merged.cmd = update.cmd ?? cmd
        merged.args = update.args ?? args
        merged.user = update.user ?? user
        merged.env = update.env ?? env
        merged.instances = update.instances ?? instances
        merged.cpus = update.cpus ?? cpus
        merged.mem = update.mem ?? mem
        merged.disk = update.disk ?? disk
        merged.gpus = update.gpus ?? gpus
        merged.resourceLimits = update.resourceLimits
        merged.executor = update.executor ?? executor
        merged.executorResources = update.executorResources
        merged.constraints = update.constraints ?? constraints
        merged.fetch = update.fetch ?? fetch
        merged.container = update.container ?? container
        merged.networks = update.networks ?? networks
        // Whoever leaves host mode doesn't want its ports as port mappings.
        let leavesHostMode = update.networks?.contains { $0.mode != .host } ?? false
        merged.portDefinitions = update.portDefinitions ?? (leavesHostMode ? nil : portDefinitions)
        merged.requirePorts = update.requirePorts ?? requirePorts
        merged.healthChecks = update.healthChecks ?? healthChecks
        merged.check = update.check ?? check
        merged.readinessChecks = update.readinessChecks ?? readinessChecks
        merged.dependencies = update.dependencies ?? dependencies
        merged.labels = update.labels ?? labels
        merged.backoffSeconds = update.backoffSeconds ?? backoffSeconds
        merged.backoffFactor = update.backoffFactor ?? backoffFactor
        merged.maxLaunchDelaySeconds = update.maxLaunchDelaySeconds ?? maxLaunchDelaySeconds
        merged.upgradeStrategy = update.upgradeStrategy ?? upgradeStrategy
        merged.taskKillGracePeriodSeconds = update.taskKillGracePeriodSeconds ?? taskKillGracePeriodSeconds
        merged.killSelection = update.killSelection ?? killSelection
        merged.unreachableStrategy = update.unreachableStrategy ?? unreachableStrategy
        merged.residency = update.residency ?? residency
        merged.acceptedResourceRoles = update.acceptedResourceRoles ?? acceptedResourceRoles
        merged.role = update.role ?? role
        merged.secrets = update.secrets ?? secrets
        merged.tty = update.tty ?? tty
        return merged
    }

    /// The version that this request wants back, if it is a rollback.
    /// - Throws: `.invalid` if anything but the id comes with it.
    package func rollbackVersion() throws(ModelRejection) -> Timestamp? {
        guard let version else { return nil }
        var others = self
        others.id = nil
        others.version = nil
        others.versionInfo = nil
        guard others == AppUpdate() else {
            throw .invalid([Violation("/", "The 'version' field may only be combined with the 'id' field.")])
        }
        return version
    }
}
