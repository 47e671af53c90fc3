/// What sets a disk resource apart from plain space on the agent's root disk: where it lies, and the persistent volume on it.
/// Specified by Mesos 1.11 docs/multiple-disk.md, docs/persistent-volume.md and docs/csi.md.
package struct Disk: Hashable, Sendable {
    package struct Source: Hashable, Sendable {
        /// `PATH` can be divided; `MOUNT` and `BLOCK` go as a whole, as does `RAW` once it has an id.
        package enum Kind: String, Hashable, Sendable, Comparable {
            case path = "PATH"
            case mount = "MOUNT"
            case block = "BLOCK"
            case raw = "RAW"

            package static func < (left: Kind, right: Kind) -> Bool { left.rawValue < right.rawValue }
        }

        package var kind: Kind
        /// The root folder of a PATH disk.
        package var path: String?
        /// The mount point of a MOUNT disk.
        package var mount: String?
        /// The volume's id in the CSI plugin that provides it.
        package var id: String?
        /// What the CSI plugin needs to be told with the id; sorted by key, then value.
        package var metadata: [Label] { didSet { metadata = metadata.sortedLabels } }
        package var profile: String?
        package var vendor: String?

        package init(
            _ kind: Kind, path: String? = nil, mount: String? = nil, id: String? = nil, metadata: [Label] = [], profile: String? = nil,
            vendor: String? = nil
        ) {
            self.kind = kind
            self.path = path
            self.mount = mount
            self.id = id
            self.metadata = metadata.sortedLabels
            self.profile = profile
            self.vendor = vendor
        }

        /// Whether a resource on it is only ever used as a whole.
        package var isExclusive: Bool {
            switch kind {
            case .path: false
            case .mount, .block: true
            case .raw: id != nil
            }
        }

        static func order(_ left: Source, _ right: Source) -> Precedence? {
            compare(left.kind, right.kind) ?? compare(left.path, right.path) ?? compare(left.mount, right.mount)
                ?? compare(left.id, right.id) ?? compare(left.profile, right.profile) ?? compare(left.vendor, right.vendor)
                ?? compare(left.metadata, right.metadata, by: Label.order)
        }
    }

    package struct Persistence: Hashable, Sendable {
        package var id: String
        package var principal: String?

        package init(id: String, principal: String? = nil) {
            self.id = id
            self.principal = principal
        }
    }

    /// Where a container sees the volume.
    package struct Volume: Hashable, Sendable {
        package enum Mode: String, Hashable, Sendable, Comparable {
            case readWrite = "RW"
            case readOnly = "RO"

            package static func < (left: Mode, right: Mode) -> Bool { left.rawValue < right.rawValue }
        }

        package var containerPath: String
        package var mode: Mode
        package var hostPath: String?

        package init(containerPath: String, mode: Mode = .readWrite, hostPath: String? = nil) {
            self.containerPath = containerPath
            self.mode = mode
            self.hostPath = hostPath
        }

        static func order(_ left: Volume, _ right: Volume) -> Precedence? {
            compare(left.containerPath, right.containerPath) ?? compare(left.mode, right.mode) ?? compare(left.hostPath, right.hostPath)
        }
    }

    package var source: Source?
    /// Set on a persistent volume only.
    package var persistence: Persistence?
    package var volume: Volume?

    package init(source: Source? = nil, persistence: Persistence? = nil, volume: Volume? = nil) {
        self.source = source
        self.persistence = persistence
        self.volume = volume
    }

    static func order(_ left: Disk, _ right: Disk) -> Precedence? {
        compare(left.source, right.source, by: Source.order)
            ?? compare(left.persistence, right.persistence) { compare($0.id, $1.id) ?? compare($0.principal, $1.principal) }
            ?? compare(left.volume, right.volume, by: Volume.order)
    }
}

extension Disk: CustomStringConvertible {
    /// As the logs have it: "MOUNT:/mnt/a,volume-id:path".
    package var description: String {
        let parts = [source?.description, persistence?.id].compactMap { $0 }.joined(separator: ",")
        guard let volume else { return parts }
        let host = volume.hostPath.map { "\($0):" } ?? ""
        return "\(parts):\(host)\(volume.containerPath)" + (volume.hostPath == nil ? "" : volume.mode == .readOnly ? ":ro" : ":rw")
    }
}

extension Disk.Source: CustomStringConvertible {
    package var description: String {
        if id != nil || profile != nil { return "\(kind.rawValue)(\(vendor ?? ""),\(id ?? ""),\(profile ?? ""))" }
        let root = kind == .path ? path : kind == .mount ? mount : nil
        return kind.rawValue + (root.map { ":\($0)" } ?? "")
    }
}
