/// Something mounted into a container. Specified by Marathon 1.11 docs/persistent-volumes.md, docs/external-volumes.md.
package struct Volume: Hashable, Sendable {
    package enum Mode: String, Hashable, Sendable, CaseIterable {
        case readOnly = "RO"
        case readWrite = "RW"
    }

    package enum Source: Hashable, Sendable {
        case host(path: String)
        case persistent(PersistentVolume)
        case dvdi(DVDIVolume)
        case csi(CSIVolume)
        /// The key of one of the app's secrets.
        case secret(String)
    }

    package var containerPath: String
    /// Secret volumes are always read-only.
    package var mode: Mode
    package var source: Source

    package var persistent: PersistentVolume? {
        if case .persistent(let volume) = source { volume } else { nil }
    }

    package var isExternal: Bool {
        switch source {
        case .dvdi, .csi: true
        case .host, .persistent, .secret: false
        }
    }
}

/// A volume on one of the agent's own disks that outlives its task.
package struct PersistentVolume: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable { case root, path, mount }

    package var kind: Kind
    /// MB.
    package var size: Int64
    /// MB.
    package var maxSize: Int64?
    package var profileName: String?
    /// As given: `["path", "LIKE", "<pattern>"]`.
    package var constraints: [[String]] = []
}

/// A volume that a driver of Docker's volume interface provides.
package struct DVDIVolume: Hashable, Sendable {
    package var name: String?
    package var provider: String?
    /// GiB.
    package var size: Int64?
    package var options = Labels()
    package var isShared = false
}

/// A volume that a plugin of the Container Storage Interface provides.
package struct CSIVolume: Hashable, Sendable {
    package enum AccessMode: String, Hashable, Sendable, CaseIterable {
        case singleNodeWriter = "SINGLE_NODE_WRITER"
        case singleNodeReaderOnly = "SINGLE_NODE_READER_ONLY"
        case multiNodeReaderOnly = "MULTI_NODE_READER_ONLY"
        case multiNodeSingleWriter = "MULTI_NODE_SINGLE_WRITER"
        case multiNodeMultiWriter = "MULTI_NODE_MULTI_WRITER"

        package var isShareable: Bool { self != .singleNodeWriter && self != .singleNodeReaderOnly }
        package var isReadOnly: Bool { self == .singleNodeReaderOnly || self == .multiNodeReaderOnly }
    }

    package enum AccessType: String, Hashable, Sendable, CaseIterable { case block, mount }

    package var name: String
    package var pluginName: String
    package var accessMode: AccessMode
    package var accessType: AccessType
    package var fileSystem: String?
    package var mountFlags: [String] = []
    package var nodeStageSecret = Labels()
    package var nodePublishSecret = Labels()
    package var volumeContext = Labels()
}
