extension Resources {
    /// Validates a list of resources and adds them up.
    /// - Throws: `.resource` with the first invalid one and what is wrong with it.
    package init(validating list: some Sequence<Resource.Parts>) throws(ResourceRefusal) {
        self.init()
        for parts in list {
            do {
                add(try Resource(parts))
            } catch {
                throw .resource(parts.description, error)
            }
        }
    }

    /// Why these resources, fit for a message, are none for an agent's command line; nil if they are.
    package var commandLineRefusal: ResourceRefusal? {
        var types: [(name: String, rank: Int)] = []
        for resource in self {
            if resource.isPersistentVolume { return .volumeOnCommandLine }
            if resource.isRevocable { return .revocableOnCommandLine }
            if resource.isDynamicallyReserved { return .dynamicReservationOnCommandLine }
            if types.contains(where: { $0.name == resource.name && $0.rank != resource.value.rank }) {
                return .differentTypes(name: resource.name)
            }
            types.append((resource.name, resource.value.rank))
        }
        return nil
    }
}
