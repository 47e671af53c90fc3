package import Resources

extension WireWriter {
    /// Resources as a repeated field, allocated to a role if one is given. What the format can't tell is left out.
    package mutating func resources(_ field: Int, _ resources: Resources, role: String? = nil, format: ReservationFormat) {
        resources.forEach { resource, count in
            guard var parts = resource.parts(in: format) else { return }
            parts.allocationRole = role
            for _ in 0..<(resource.isShared ? 1 : count) { message(field) { $0.resource(parts) } }
        }
    }

    /// The fields of a Resource.
    /// Specified by Mesos 1.11 include/mesos/v1/mesos.proto (`Resource`).
    private mutating func resource(_ parts: Resource.Parts) {
        string(1, parts.name)
        switch parts.kind {
        case .scalar:
            varint(2, 0)
            message(3) { $0.double(1, parts.scalar ?? 0) }
        case .ranges:
            varint(2, 1)
            message(4) { ranges in
                for range in parts.ranges ?? [] {
                    ranges.message(1) {
                        $0.varint(1, range.begin)
                        $0.varint(2, range.end)
                    }
                }
            }
        case .set:
            varint(2, 2)
            message(5) { set in for item in parts.items ?? [] { set.string(1, item) } }
        case .text, nil: break
        }
        if let role = parts.role { string(6, role) }
        if let disk = parts.disk { message(7) { $0.disk(disk) } }
        if let reservation = parts.reservation { message(8) { $0.reservation(reservation) } }
        if parts.isRevocable { message(9) { _ in } }
        if parts.isShared { message(10) { _ in } }
        if let role = parts.allocationRole { message(ResourceField.allocation) { $0.string(1, role) } }
        if let provider = parts.providerID { id(12, provider) }
        for reservation in parts.reservations { message(13) { $0.reservation(reservation) } }
    }

    private mutating func reservation(_ reservation: Resource.Parts.ReservationInfo) {
        if let principal = reservation.principal { string(1, principal) }
        if !reservation.labels.isEmpty { message(2) { $0.labels(reservation.labels) } }
        if let role = reservation.role { string(3, role) }
        if let kind = reservation.kind { varint(4, kind == .static ? 1 : kind == .dynamic ? 2 : 0) }
    }

    private mutating func labels(_ labels: [Label]) {
        for label in labels {
            message(1) {
                $0.string(1, label.key)
                if let value = label.value { $0.string(2, value) }
            }
        }
    }

    private mutating func disk(_ disk: Disk) {
        if let persistence = disk.persistence {
            message(1) {
                $0.string(1, persistence.id)
                if let principal = persistence.principal { $0.string(2, principal) }
            }
        }
        if let volume = disk.volume {
            message(2) {
                $0.string(1, volume.containerPath)
                if let path = volume.hostPath { $0.string(2, path) }
                $0.varint(3, volume.mode == .readWrite ? 1 : 2)
            }
        }
        if let source = disk.source { message(3) { $0.source(source) } }
    }

    private mutating func source(_ source: Disk.Source) {
        switch source.kind {
        case .path: varint(1, 1)
        case .mount: varint(1, 2)
        case .block: varint(1, 3)
        case .raw: varint(1, 4)
        }
        if let path = source.path { message(2) { $0.string(1, path) } }
        if let mount = source.mount { message(3) { $0.string(1, mount) } }
        if let id = source.id { string(4, id) }
        if !source.metadata.isEmpty { message(5) { $0.labels(source.metadata) } }
        if let profile = source.profile { string(6, profile) }
        if let vendor = source.vendor { string(7, vendor) }
    }
}
