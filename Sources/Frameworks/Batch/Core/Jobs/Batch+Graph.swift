import Machine

/// Who waits for whom.
extension Batch {
    /// A job's run has ended, or the job may be taken to have ended well: what waits for it is looked at, soon if not at once.
    /// - Parameter isTrigger: it ended well, or counts as if it did.
    mutating func parentEnded(_ parent: Handle<Job>, isTrigger: Bool) {
        jobs[parent].progress.ends += 1
        if isTrigger { jobs[parent].progress.triggers += 1 }
        changed(parent)
        for child in jobs[parent].children where isTrigger || jobs[child].definition.triggerRule == .allDone { consider(child) }
    }

    /// A job may have become ready.
    mutating func consider(_ job: Handle<Job>) {
        guard jobs[job].definition.isDependent, !jobs[job].isConsidered else { return }
        jobs[job].isConsidered = true
        work.append(.consider(job))
    }

    /// Whether enough of its parents have ended, well enough, since the job began last.
    private func isReady(_ job: Job) -> Bool {
        let edges = job.progress.edges
        switch job.definition.triggerRule {
        case .allSuccess: return !edges.isEmpty && edges.allSatisfy { edge in parent(of: edge).map { $0.triggers > edge.seen } ?? false }
        case .allDone: return !edges.isEmpty && edges.allSatisfy { edge in parent(of: edge).map { $0.ends > edge.seenEnds } ?? false }
        case .oneSuccess: return edges.contains { edge in parent(of: edge).map { $0.triggers > edge.seen } ?? false }
        }
    }

    private func parent(of edge: Progress.Edge) -> Progress? { jobHandles[edge.parent].map { jobs[$0].progress } }

    /// Makes a run of a job whose parents are done, as far as its policies let it.
    mutating func makeReadyRun(_ job: Handle<Job>) {
        guard jobs.contains(job) else { return }
        jobs[job].isConsidered = false
        // What is disabled waits until it isn't; the ends of its parents go on to count.
        guard !jobs[job].definition.isDisabled, isReady(jobs[job]) else { return }
        if !jobs[job].unfinished.isEmpty {
            switch jobs[job].definition.concurrency {
            case .allow: break
            // The end of the run brings us back.
            case .queue: return
            case .forbid:
                jobs[job].progress.skipped += 1
                counters.runsSkipped += 1
                dueTimesSkipped(job, 1)
                return seeParents(job)
            case .replace: endUnfinished(job, as: .replaced, "replaced by a newer run")
            }
        }
        guard jobs[job].unfinished.count < mostUnfinished(of: job) else { return }
        makeRun(of: job, due: wall, .parents)
    }

    /// The job begins now: its parents have to end once more before it begins again by itself.
    mutating func seeParents(_ job: Handle<Job>) {
        guard !jobs[job].progress.edges.isEmpty else { return }
        for index in jobs[job].progress.edges.indices {
            let parent = parent(of: jobs[job].progress.edges[index])
            jobs[job].progress.edges[index].seen = parent?.triggers ?? 0
            jobs[job].progress.edges[index].seenEnds = parent?.ends ?? 0
        }
        changed(job)
    }

    /// Why a job can't have these parents; nil if it can.
    func refusal(ofParents parents: [String], for name: String) -> Refusal? {
        let missing = parents.filter { $0 != name && jobHandles[$0] == nil }
        if !missing.isEmpty { return .missingParents(job: name, parents: missing) }
        // From the parents upwards: none may come to the job itself.
        var path: [String: String] = [:]
        var open = parents
        for parent in parents { path[parent] = name }
        while let next = open.popLast() {
            if next == name { return .cycle(Self.way(path, from: name)) }
            guard let handle = jobHandles[next] else { continue }
            for parent in jobs[handle].definition.parents where path[parent] == nil {
                path[parent] = next
                open.append(parent)
            }
        }
        return nil
    }

    private static func way(_ path: [String: String], from name: String) -> [String] {
        var way = [name]
        var next = path[name]
        while let step = next, step != name, way.count < 100 {
            way.append(step)
            next = path[step]
        }
        return way + [name]
    }

    /// Ties a job to its parents, and keeps what it has seen of those that stay.
    mutating func connect(_ handle: Handle<Job>) {
        let old = jobs[handle].progress.edges
        jobs[handle].progress.edges = jobs[handle].definition.parents.map { name in
            let parent = jobHandles[name].map { jobs[$0].progress }
            if var edge = old.first(where: { $0.parent == name }) {
                // It may be another parent than it was, of the same name.
                if let parent { (edge.seen, edge.seenEnds) = (min(edge.seen, parent.triggers), min(edge.seenEnds, parent.ends)) }
                return edge
            }
            return .init(parent: name, seen: parent?.triggers ?? 0, seenEnds: parent?.ends ?? 0)
        }
        for parent in jobs[handle].definition.parents {
            if let parent = jobHandles[parent], !jobs[parent].children.contains(handle) { jobs[parent].children.append(handle) }
        }
    }

    mutating func disconnect(_ handle: Handle<Job>) {
        for parent in jobs[handle].definition.parents {
            if let parent = jobHandles[parent] { jobs[parent].children.removeAll { $0 == handle } }
        }
    }

    /// A job goes: those that waited for it lose it among their parents. One that has no other is run as the job was: by its schedules, or by its
    /// parents.
    mutating func rehome(childrenOf handle: Handle<Job>) {
        let gone = jobs[handle].definition
        for child in jobs[handle].children {
            disconnect(child)
            let rest = jobs[child].definition.parents.filter { $0 != gone.name }
            if !rest.isEmpty {
                jobs[child].definition.trigger = .parents(rest)
            } else {
                jobs[child].definition.trigger = gone.trigger
                jobs[child].schedules = jobs[handle].schedules
                jobs[child].progress.cursors = jobs[handle].progress.cursors
                // What it missed while it was disabled isn't made up for by another job.
                if gone.isDisabled { skipMissed(child) }
                jobs[child].problem = jobs[handle].problem
            }
            connect(child)
            storeDefinition(child)
            changed(child)
            tell(.jobChanged, job: child)
            arm(child)
            consider(child)
        }
        jobs[handle].children = []
    }
}
