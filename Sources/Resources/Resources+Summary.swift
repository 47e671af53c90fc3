extension Resources {
    /// The amounts by name, summed over all terms, as endpoints tell them: first cpus, gpus, mem and disk, which are there even if zero,
    /// then ports and the others; the revocable ones follow with `_revocable` after their names. Shared resources count once.
    /// Specified by what Mesos 1.11 `GET /master/state` shows as "resources".
    package func forEachTotal(_ body: (String, Resource.Value) -> Void) {
        var regular = Group()
        var revocable = Group()
        forEachGroup { group in
            if group.terms?.terms.isRevocable == true { revocable.add(group) } else { regular.add(group) }
        }
        for whole in wholes {
            guard case .scalar = whole.resource.value else { continue }
            let amount = Resource.Value.scalar(whole.amount)
            if whole.resource.isRevocable {
                revocable.add(whole.resource.name, amount)
            } else {
                regular.add(whole.resource.name, amount)
            }
        }
        body("cpus", .scalar(regular.cpus))
        body("gpus", .scalar(regular.gpus))
        body("mem", .scalar(regular.memory))
        body("disk", .scalar(regular.disk))
        if !regular.ports.isEmpty { body("ports", .ranges(regular.ports)) }
        for entry in regular.others { body(entry.name, entry.value) }
        revocable.forEach { name, value in body("\(name)_revocable", value) }
    }
}
