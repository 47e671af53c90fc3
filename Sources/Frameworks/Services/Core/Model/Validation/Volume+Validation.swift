import FrameworkCore

extension Volume {
    var externalName: String? {
        switch source {
        case .dvdi(let volume): volume.name
        case .csi(let volume): volume.name
        case .host, .persistent, .secret: nil
        }
    }

    private var isDotPath: Bool { containerPath == "." || containerPath == ".." }

    private static let dotPathMessage = "can not be one of (.,..)"

    var persistentMountViolations: [Violation] {
        var violations: [Violation] = []
        if isDotPath { violations.add("/containerPath", Self.dotPathMessage) }
        if containerPath.utf8.contains(UInt8(ascii: "/")) { violations.add("/containerPath", "value must not contain \"/\"") }
        if mode != .readWrite { violations.add("/mode", "got RO, expected RW") }
        return violations
    }

    /// What the container's engine doesn't take of an external volume.
    func violations(of external: DVDIVolume, in engine: Container.Engine) -> [Violation] {
        guard external.provider == DVDIVolume.providerName else { return [] }
        var violations: [Violation] = []
        if isDotPath { violations.add("/containerPath", Self.dotPathMessage) }
        switch engine {
        case .mesos:
            if mode != .readWrite { violations.add("/mode", "got RO, expected RW") }
        case .docker:
            if external.options.keys.contains(where: { $0 != DVDIVolume.driverOption }) {
                violations.add("/external/options", "must only contain \(DVDIVolume.driverOption)")
            }
            if external.size != nil { violations.add("/external/size", "must be undefined for Docker containers") }
        }
        return violations
    }
}

extension PersistentVolume {
    /// What is wrong with this, for apps and pods alike.
    package var violations: [Violation] {
        var violations: [Violation] = []
        if size <= 0 { violations.add("/persistent/size", "got \(size), expected more than 0") }
        if kind == .root, !constraints.isEmpty { violations.add("/persistent", "Constraints on root volumes are not supported") }
        if kind != .mount, maxSize != nil { violations.add("/persistent", "Only mount volumes can have maxSize") }
        if let maxSize, maxSize <= size { violations.add("/persistent", "Max size must be larger than size") }
        for (index, words) in constraints.enumerated() {
            violations.add("/persistent/constraints(\(index))", Self.violations(ofConstraint: words))
        }
        return violations
    }

    private static func violations(ofConstraint words: [String]) -> [String] {
        guard words.count >= 2 else { return ["Missing field and operator"] }
        guard words.count == 3, words[0] == "path" else { return ["Unsupported constraint \(words.joined(separator: ","))"] }
        guard let comparison = Constraint.Operator(rawValue: words[1]) else { return ["unknown constraint operator \(words[1])"] }
        guard comparison == .like || comparison == .unlike else { return ["Operator must be one of LIKE, UNLIKE"] }
        return Pattern(words[2]) == nil ? ["Invalid regular expression"] : []
    }
}

extension DVDIVolume {
    static let providerName = "dvdi"
    static let driverOption = "dvdi/driver"

    var violations: [Violation] {
        var violations: [Violation] = []
        if name?.isEmpty ?? true { violations.add("/external/name", "must not be empty") }
        if let provider {
            if !NameSyntax.isName(provider) {
                violations.add("/external/provider", "must match regular expression '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?'")
            }
        } else {
            violations.add("/external/provider", "not defined")
        }
        for key in options.keys where !NameSyntax.isOptionKey(key) {
            violations.add("/external/options", "the key '\(key)' must have the form <prefix>/<name>")
        }
        if provider == Self.providerName, options[Self.driverOption]?.isEmpty ?? true {
            violations.add("/external/options", "not defined: \(Self.driverOption)")
        }
        return violations
    }
}

extension CSIVolume {
    func violations(instances: Int, mode: Volume.Mode) -> [Violation] {
        var violations: [Violation] = []
        if name.isEmpty { violations.add("/external/name", "must not be empty") }
        if accessType == .mount, fileSystem == nil { violations.add("/external/options/capability/fsType", "not defined") }
        if accessMode.isReadOnly, mode == .readWrite {
            violations.add("/mode", "CSI volume must be mounted readonly with a read-only access mode")
        }
        if !accessMode.isShareable, instances > 1 {
            violations.add("/external", "got \(instances) instances, expected 1 or less while non-shareable CSI volumes are defined")
        }
        return violations
    }
}
