import DequeModule
import Machine
import Resources

/// How offers are made and end.
extension Kernel {
    /// Lets the allocator run, and offers what it grants: one event for each framework.
    mutating func allocate() {
        guard allocator.isPending else { return }
        let grants = allocator.run(at: now.monotonic)
        metrics.allocationRuns += 1
        guard !grants.isEmpty else { return }
        setReview()
        var order: [Handle<Framework>] = []
        var views: [Handle<Framework>: [OfferView]] = [:]
        for grant in grants {
            let view = makeOffer(grant)
            if views[grant.framework] == nil { order.append(grant.framework) }
            views[grant.framework, default: []].append(view)
        }
        for framework in order {
            guard let offers = views[framework] else { continue }
            frameworks[framework].counts.offersSent += UInt64(offers.count)
            tell(framework, .offers(offers))
        }
    }

    private mutating func makeOffer(_ grant: Allocator.Grant) -> OfferView {
        let (framework, agent) = (grant.framework, grant.agent)
        let number = nextOffer
        nextOffer += 1
        let offer = offers.insert(
            Offer(number: number, framework: framework, agent: agent, role: grant.role, resources: grant.resources, made: now.monotonic))
        offersByNumber[number] = offer
        offers.append(offer, to: &frameworks[framework].offers)
        agents[agent].offers.append(offer)
        youngOffers.append(offer)
        return view(offer)
    }

    func view(_ handle: Handle<Offer>) -> OfferView {
        let offer = offers[handle]
        let spec = frameworks[offer.framework].spec
        let executors = agents[offer.agent].executors
        return OfferView(
            id: offerID(offer.number), frameworkID: frameworks[offer.framework].id, agentID: agents[offer.agent].id, role: offer.role,
            resources: offer.resources,
            executorIDs: executors.isEmpty ? [] : executors.filter { $0.framework == offer.framework }.map(\.spec.id),
            agentFields: agents[offer.agent].spec.offerFields, isMultiRole: spec.has(.multiRole), isRefined: spec.has(.reservationRefinement))
    }

    /// Takes an offer off the lists. Its resources stay held.
    mutating func discard(_ offer: Handle<Offer>) {
        let entry = offers[offer]
        offers.take(offer, from: &frameworks[entry.framework].offers)
        agents[entry.agent].offers.removeAll { $0 == offer }
        offersByNumber[entry.number] = nil
        offers.remove(offer)
    }

    /// Ends an offer; its resources are free again. Whether the framework is told is the caller's business.
    mutating func withdraw(_ offer: Handle<Offer>, refuse: Int64 = 0) {
        let entry = offers[offer]
        discard(offer)
        giveBack(entry.resources, entry.framework, entry.role, entry.agent, refuse: refuse)
    }

    /// Frees resources that were offered, and keeps the framework from being offered them again for a while.
    mutating func giveBack(_ resources: Resources, _ framework: Handle<Framework>, _ role: String, _ agent: Handle<Agent>, refuse: Int64) {
        guard !resources.isEmpty else { return }
        if refuse > 0 {
            let expiry = now.monotonic.saturatingAdd(max(refuse, settings.filterFloor))
            allocator.refuse(framework.index, role: role, agent: agent.index, resources: resources, until: expiry)
        }
        allocator.release(framework.index, role: role, agent: agent.index, resources: resources)
    }

    /// All offers of a framework end without its being told: it has gone, or forgotten them.
    mutating func withdrawOffers(of framework: Handle<Framework>) {
        for offer in offers.handles(in: frameworks[framework].offers) { withdraw(offer) }
    }

    mutating func rescind(_ offer: Handle<Offer>, refuse: Int64 = 0) {
        let framework = offers[offer].framework
        frameworks[framework].counts.offersRescinded += 1
        tell(framework, .rescind(offerID: offerID(offers[offer].number)))
        withdraw(offer, refuse: refuse)
    }

    mutating func rescindOffers(of framework: Handle<Framework>, where isAffected: (Offer) -> Bool) {
        for offer in offers.handles(in: frameworks[framework].offers) where isAffected(offers[offer]) { rescind(offer) }
    }

    mutating func rescindOffers(of agent: Handle<Agent>) {
        for offer in agents[agent].offers { rescind(offer) }
    }

    mutating func decline(_ framework: Handle<Framework>, _ ids: [String], _ refuse: Int64) {
        metrics.declines += 1
        for id in ids {
            // One that is gone was rescinded meanwhile.
            guard let offer = offer(id), offers[offer].framework == framework else { continue }
            frameworks[framework].counts.offersDeclined += 1
            withdraw(offer, refuse: refuse)
        }
    }

    // MARK: Old offers

    private static var reviewInterval: Int64 { .second }

    private mutating func setReview() {
        guard !isReviewSet, settings.offerHoldLimit > 0 || settings.offerTimeout > 0 else { return }
        isReviewSet = true
        deadlines.insert(.oldOffers, at: now.monotonic.saturatingAdd(Self.reviewInterval))
    }

    /// Nobody may sit on offers while another framework, which holds none, waits for such resources. At most a thousand old offers are
    /// looked at a time.
    mutating func reviewOldOffers() {
        isReviewSet = false
        while let offer = youngOffers.first, !offers.contains(offer) || isOld(now.monotonic - offers[offer].made) {
            youngOffers.removeFirst()
            if offers.contains(offer) { oldOffers.append(offer) }
        }
        var waiting: [Handle<Framework>] = []
        frameworks.forEach { handle, framework in
            if framework.isConnected, framework.offers.count == 0 { waiting.append(handle) }
        }
        for _ in 0..<min(1000, oldOffers.count) {
            let offer = oldOffers.removeFirst()
            if offers.contains(offer), !review(offer, waiting) { oldOffers.append(offer) }
        }
        if !youngOffers.isEmpty || !oldOffers.isEmpty { setReview() }
    }

    private func isOld(_ age: Int64) -> Bool {
        (settings.offerHoldLimit > 0 && age >= settings.offerHoldLimit) || (settings.offerTimeout > 0 && age >= settings.offerTimeout)
    }

    /// - Returns: whether the offer was rescinded.
    private mutating func review(_ offer: Handle<Offer>, _ waiting: [Handle<Framework>]) -> Bool {
        let entry = offers[offer]
        let age = now.monotonic - entry.made
        let hasTimedOut = settings.offerTimeout > 0 && age >= settings.offerTimeout
        let isHoarded =
            settings.offerHoldLimit > 0 && age >= settings.offerHoldLimit
            && allocator.isWanted(entry.resources, agent: entry.agent.index, by: waiting, at: now.monotonic)
        guard hasTimedOut || isHoarded else { return false }
        log(.info, "an offer was held too long and is rescinded", ["framework": frameworks[entry.framework].id, "offer": offerID(entry.number)])
        // Without a filter the framework, which now holds less, might come first again.
        rescind(offer, refuse: 5 * .second)
        return true
    }
}
