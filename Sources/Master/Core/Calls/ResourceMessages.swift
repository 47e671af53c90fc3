import MesosAPI
import Resources

/// Resources of a message as the core's books have them: allocated to no role, the role beside them.
struct ResourceMessages {
    let resources: Resources
    /// The roles that the resources say they are allocated to, in ascending order.
    let roles: [String]
    /// Whether some of them say none.
    let lacksRole: Bool

    init(_ messages: [Mesos_V1_Resource]) throws(ResourceRefusal) {
        var sum = Resources()
        var lacksRole = false
        for message in messages {
            let resource = try Resource(Resource.Parts(message))
            if resource.allocationRole == nil { lacksRole = true }
            sum.add(resource)
        }
        roles = sum.allocationRoles
        self.lacksRole = lacksRole
        resources = roles.isEmpty ? sum : sum.unallocated
    }
}

extension Resource.Parts {
    init(_ message: Mesos_V1_Resource) {
        self.init()
        name = message.name
        switch message.type {
        case .scalar: kind = .scalar
        case .ranges: kind = .ranges
        case .set: kind = .set
        case .text: kind = .text
        }
        if message.hasScalar { scalar = message.scalar.value }
        if message.hasRanges { ranges = message.ranges.range.map { Range($0.begin, $0.end) } }
        if message.hasSet { items = message.set.item }
        if message.hasRole { role = message.role }
        if message.hasReservation { reservation = ReservationInfo(message.reservation) }
        reservations = message.reservations.map { ReservationInfo($0) }
        if message.hasDisk {
            disk = Disk(message.disk)
            if message.disk.hasSource, Disk.Source.Kind(message.disk.source.type) == nil { unknownSource = "UNKNOWN" }
        }
        isRevocable = message.hasRevocable
        isShared = message.hasShared
        if message.hasAllocationInfo, message.allocationInfo.hasRole { allocationRole = message.allocationInfo.role }
        if message.hasProviderID { providerID = message.providerID.value }
    }
}

extension Resource.Parts.ReservationInfo {
    fileprivate init(_ message: Mesos_V1_Resource.ReservationInfo) {
        self.init(
            role: message.hasRole ? message.role : nil, principal: message.hasPrincipal ? message.principal : nil,
            labels: message.labels.labels.map { Label($0.key, $0.hasValue ? $0.value : nil) })
        guard message.hasType else { return }
        switch message.type {
        case .static: kind = .static
        case .dynamic: kind = .dynamic
        case .unknown: kind = .unknown
        }
    }
}

extension Disk {
    fileprivate init(_ message: Mesos_V1_Resource.DiskInfo) {
        self.init()
        if message.hasPersistence {
            let principal = message.persistence.hasPrincipal ? message.persistence.principal : nil
            persistence = Persistence(id: message.persistence.id, principal: principal)
        }
        if message.hasVolume {
            volume = Volume(
                containerPath: message.volume.containerPath, mode: message.volume.mode == .rw ? .readWrite : .readOnly,
                hostPath: message.volume.hasHostPath ? message.volume.hostPath : nil)
        }
        if message.hasSource, let kind = Source.Kind(message.source.type) {
            let source = message.source
            self.source = Source(
                kind, path: source.hasPath && source.path.hasRoot ? source.path.root : nil,
                mount: source.hasMount && source.mount.hasRoot ? source.mount.root : nil, id: source.hasID ? source.id : nil,
                metadata: source.metadata.labels.map { Label($0.key, $0.hasValue ? $0.value : nil) },
                profile: source.hasProfile ? source.profile : nil, vendor: source.hasVendor ? source.vendor : nil)
        }
    }
}

extension Disk.Source.Kind {
    fileprivate init?(_ type: Mesos_V1_Resource.DiskInfo.Source.TypeEnum) {
        switch type {
        case .path: self = .path
        case .mount: self = .mount
        case .block: self = .block
        case .raw: self = .raw
        case .unknown: return nil
        }
    }
}
