import Resources

/// Random resources from a small world, so that equal terms meet often.
extension Generator {
    mutating func terms() -> Terms {
        var terms = Terms()
        if chance(1, in: 3) { terms.allocationRole = pick(["eng", "eng/web", "ops"]) }
        if chance(1, in: 2) { terms.reservations = reservations() }
        if chance(1, in: 8) { terms.isRevocable = true }
        if chance(1, in: 8) { terms.providerID = pick(["p1", "p2"]) }
        return terms
    }

    mutating func reservations() -> [Reservation] {
        let bottom = Reservation(
            pick([.static, .dynamic]), role: pick(["eng", "ops"]), principal: pick([nil, "ann"]), labels: pick([[], [Label("k", "v")]]))
        guard chance(1, in: 3) else { return [bottom] }
        return [bottom, Reservation(.dynamic, role: bottom.role + "/web", principal: pick([nil, "bob"]))]
    }

    mutating func disk() -> Disk {
        var disk = Disk()
        if chance(2, in: 3) {
            let kind = pick([Disk.Source.Kind.path, .mount, .block, .raw])
            disk.source = Disk.Source(
                kind, path: kind == .path ? "/p" : nil, mount: kind == .mount ? pick(["/m1", "/m2"]) : nil,
                id: kind == .raw ? pick([nil, "r1"]) : nil, metadata: pick([[], [Label("b"), Label("a", "1")]]),
                profile: kind == .raw ? pick([nil, "fast"]) : nil, vendor: pick([nil, "v"]))
        }
        if chance(1, in: 2) {
            disk.persistence = Disk.Persistence(id: pick(["v1", "v2"]), principal: pick([nil, "ann"]))
            disk.volume = Disk.Volume(containerPath: pick(["data", "logs"]))
        }
        return disk
    }

    mutating func resource() -> Resource {
        var terms = self.terms()
        switch below(8) {
        case 0: return .ranges("ports", ranges(from: 31_000, most: 4), on: terms)
        case 1: return .ranges("vlans", ranges(from: 0, most: 2), on: terms)
        case 2: return .set("tags", items(), on: terms)
        case 3:
            terms.disk = disk()
            if terms.isPersistentVolume, chance(1, in: 2) { terms.isShared = true }
            return .scalar("disk", Scalar(thousandths: Int64(below(3)) * 500), on: terms)
        default:
            let name = pick(["cpus", "mem", "disk", "gpus", "bandwidth", "bugs"])
            return .scalar(name, Scalar(thousandths: Int64(below(5_000))), on: terms)
        }
    }

    mutating func resources(most: Int = 8) -> [Resource] { (0..<below(most + 1)).map { _ in resource() } }
}
