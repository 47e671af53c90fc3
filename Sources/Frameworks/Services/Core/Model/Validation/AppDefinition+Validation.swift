extension AppDefinition {
    /// All that is wrong with this definition on its own, in Marathon's words; empty if nothing is. What several apps may not do
    /// together is not looked at, nor what this cluster cannot serve (`unsupported`).
    package func violations(rules: AppRules) -> [Violation] {
        var violations: [Violation] = []
        for (index, dependency) in dependencies.enumerated() {
            violations.add("/dependencies(\(index))", dependency.syntaxViolations)
        }
        violations.add(processViolations(rules))
        violations.add(networkViolations(rules))
        violations.add(containerViolations(rules))
        violations.add(checkViolations)
        violations.add(strategyViolations)
        violations.add(roleViolations(rules.roles))
        return violations
    }

    private func processViolations(_ rules: AppRules) -> [Violation] {
        var violations: [Violation] = []
        let hasContainer = container.map { $0.type == .mesos || $0.docker != nil } ?? false
        let hasOne = (cmd != nil) != !args.isEmpty
        if !hasOne, cmd != nil || !hasContainer {
            violations.add("/", "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'.")
        }
        if cmd == "" { violations.add("/cmd", "must not be an empty string") }
        for (index, artifact) in fetch.enumerated() where !NameSyntax.isURI(artifact.uri) {
            violations.add("/fetch(\(index))/uri", "URI has invalid syntax.")
        }
        violations.add("/resourceLimits/cpus", Self.violations(of: resourceLimits?.cpus, request: cpus))
        violations.add("/resourceLimits/mem", Self.violations(of: resourceLimits?.mem, request: mem))
        if gpus > 0 {
            if container?.type == .docker { violations.add("/", "GPU resources only work with the Mesos containerizer") }
            violations.add("/", rules.violation(without: .gpuResources))
        }
        violations.add(secretViolations(rules))
        return violations
    }

    private static func violations(of limit: ResourceLimit?, request: Double) -> [String] {
        guard case .number(let number) = limit, number < request else { return [] }
        return ["resource limit must be greater than or equal to requested resource (\(request))"]
    }

    private func secretViolations(_ rules: AppRules) -> [Violation] {
        var violations: [Violation] = []
        if !secrets.isEmpty { violations.add("/secrets", rules.violation(without: .secrets)) }
        if secrets[""] != nil { violations.add("/secrets", "must not be empty") }
        if env[""] != nil { violations.add("/env", "must not be empty") }
        for entry in env {
            guard case .secret(let key) = entry.value else { continue }
            if !rules.features.contains(.secrets) {
                violations.add("/env", "use of secret-references in the environment requires the secrets feature to be enabled")
            }
            if secrets[key] == nil { violations.add("/env/\(entry.key)/secret", "references an undefined secret") }
        }
        return violations
    }
}

// MARK: - Strategies, labels, roles

extension AppDefinition {
    private var strategyViolations: [Violation] {
        var violations: [Violation] = []
        if isSingleInstance {
            if instances > 1 { violations.add("/", "Single instance app may only have one instance") }
            violations.add("/upgradeStrategy/minimumHealthCapacity", Self.violations(upgradeStrategy.minimumHealthCapacity, mustBe: 0))
        }
        if isSingleInstance || isResident || volumes.contains(where: \.isDVDI) {
            violations.add("/upgradeStrategy/maximumOverCapacity", Self.violations(upgradeStrategy.maximumOverCapacity, mustBe: 0))
        }
        if isResident, unreachableStrategy != .disabled {
            violations.add("/", "unreachableStrategy must be disabled for resident tasks")
        }
        if case .enabled(let inactive, let expunge) = unreachableStrategy, inactive > expunge {
            violations.add(
                "/unreachableStrategy/inactiveAfterSeconds",
                "inactiveAfterSeconds (\(inactive)) must be less or equal to expungeAfterSeconds, which is \(expunge)")
        }
        if let version = labels["DCOS_MIGRATION_API_VERSION"], !version.isEmpty {
            let needed = ["DCOS_PACKAGE_FRAMEWORK_NAME", "DCOS_MIGRATION_API_PATH"]
            if version != "v1" || needed.contains(where: { labels[$0]?.isEmpty ?? true }) {
                violations.add(
                    "/", "DCOS_PACKAGE_FRAMEWORK_NAME and DCOS_MIGRATION_API_PATH must be defined when using DCOS_MIGRATION_API_VERSION")
            }
        }
        return violations
    }

    static func violations(_ number: Double, mustBe wanted: Double) -> [String] {
        number == wanted ? [] : ["got \(number), expected \(wanted)"]
    }

    private func roleViolations(_ roles: AppRules.Roles) -> [Violation] {
        var violations: [Violation] = []
        if !roles.valid.contains(role) {
            violations.add("/role", "got \(role), expected one of: \(roles.valid.joined(separator: ", "))")
        }
        if isResident {
            if role == "*" { violations.add("/role", "Resident apps cannot have the role *") }
            if let previous = roles.previous, previous != role, !roles.isChangeForced {
                violations.add(
                    "/role",
                    "It is not possible to change the role for existing reservations. If you proceed with this change, all existing "
                        + "instances will continue to run under the previous role, \(previous). Only new instances will be allocated "
                        + "with the new role, \(role). In order to continue, retry your request with ?force=true")
            }
        }
        guard let accepted = acceptedResourceRoles else { return violations }
        violations.add("/acceptedResourceRoles", acceptedRoleViolations(accepted))
        return violations
    }

    private func acceptedRoleViolations(_ accepted: [String]) -> [String] {
        if accepted.isEmpty { return ["must not be empty"] }
        if isResident, accepted != ["*"] { return ["A resident app must have `acceptedResourceRoles = [\"*\"]`."] }
        guard !accepted.allSatisfy({ $0 == "*" || $0 == role }) else { return [] }
        return ["acceptedResourceRoles can only contain \(role == "*" ? "*" : "* and \(role)")"]
    }
}

extension Volume {
    var isDVDI: Bool {
        if case .dvdi = source { true } else { false }
    }
}
