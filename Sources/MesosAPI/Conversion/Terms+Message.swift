package import Resources
import SwiftProtobuf

extension Resource.Parts.ReservationInfo {
    init(_ message: Mesos_V1_Resource.ReservationInfo) {
        let kind: Kind? =
            switch message.type {
            case .dynamic: .dynamic
            case .static: .static
            case .unknown: message.hasType ? .unknown : nil
            }
        self.init(
            kind: kind, role: message.hasRole ? message.role : nil, principal: message.hasPrincipal ? message.principal : nil,
            labels: [Label](message.labels))
    }
}

extension Mesos_V1_Resource.ReservationInfo {
    init(_ info: Resource.Parts.ReservationInfo) {
        self.init()
        switch info.kind {
        case .dynamic: type = .dynamic
        case .static: type = .static
        case .unknown: type = .unknown
        case nil: break
        }
        if let value = info.role { role = value }
        if let value = info.principal { principal = value }
        if !info.labels.isEmpty { labels = Mesos_V1_Labels(info.labels) }
    }
}

extension Disk {
    /// Without the source, if its type is one that the protocol doesn't know.
    init(_ message: Mesos_V1_Resource.DiskInfo) {
        self.init(
            source: message.hasSource ? Source(message.source) : nil,
            persistence: message.hasPersistence
                ? Persistence(id: message.persistence.id, principal: message.persistence.hasPrincipal ? message.persistence.principal : nil) : nil,
            volume: message.hasVolume
                ? Volume(
                    containerPath: message.volume.containerPath, mode: message.volume.mode == .ro ? .readOnly : .readWrite,
                    hostPath: message.volume.hasHostPath ? message.volume.hostPath : nil) : nil)
    }
}

extension Disk.Source {
    fileprivate init?(_ message: Mesos_V1_Resource.DiskInfo.Source) {
        let kind: Kind
        switch message.type {
        case .path: kind = .path
        case .mount: kind = .mount
        case .block: kind = .block
        case .raw: kind = .raw
        case .unknown: return nil
        }
        self.init(
            kind, path: message.path.hasRoot ? message.path.root : message.hasPath ? "" : nil,
            mount: message.mount.hasRoot ? message.mount.root : message.hasMount ? "" : nil, id: message.hasID ? message.id : nil,
            metadata: [Label](message.metadata), profile: message.hasProfile ? message.profile : nil,
            vendor: message.hasVendor ? message.vendor : nil)
    }
}

extension Mesos_V1_Resource.DiskInfo {
    init(_ disk: Disk) {
        self.init()
        if let value = disk.source { source = Source(value) }
        if let value = disk.persistence {
            persistence.id = value.id
            if let principal = value.principal { persistence.principal = principal }
        }
        if let value = disk.volume {
            volume.containerPath = value.containerPath
            volume.mode = value.mode == .readOnly ? .ro : .rw
            if let path = value.hostPath { volume.hostPath = path }
        }
    }
}

extension Mesos_V1_Resource.DiskInfo.Source {
    fileprivate init(_ source: Disk.Source) {
        self.init()
        switch source.kind {
        case .path: type = .path
        case .mount: type = .mount
        case .block: type = .block
        case .raw: type = .raw
        }
        if let root = source.path { path = root.isEmpty ? Path() : .with { $0.root = root } }
        if let root = source.mount { mount = root.isEmpty ? Mount() : .with { $0.root = root } }
        if let value = source.id { id = value }
        if !source.metadata.isEmpty { metadata = Mesos_V1_Labels(source.metadata) }
        if let value = source.profile { profile = value }
        if let value = source.vendor { vendor = value }
    }
}

extension [Label] {
    package init(_ message: Mesos_V1_Labels) {
        self = message.labels.map { Label($0.key, $0.hasValue ? $0.value : nil) }
    }
}

extension Mesos_V1_Labels {
    package init(_ labels: [Label]) {
        self.init()
        self.labels = labels.map { label in
            .with {
                $0.key = label.key
                if let value = label.value { $0.value = value }
            }
        }
    }
}
