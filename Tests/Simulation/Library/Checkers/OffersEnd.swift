import Machine
import MesosAPI
import OrderedCollections
import SwiftProtobuf

@testable import MasterCore

/// Every offer ends, and its framework knows: it used or declined it itself, it was told, or its stream is over. In the end a framework holds
/// just those that the master has given it.
final class OffersEnd: Checker {
    private unowned let scene: Scene
    private var held: [String: Set<String>] = ["services": [], "foreign": []]
    /// What the master knows: each offer's stream.
    private var known: OrderedDictionary<String, UInt64> = [:]
    private var life = 0
    /// What frameworks have named in a call, and what they were told.
    private var explained: Set<String> = []

    init(_ scene: Scene) {
        self.scene = scene
        for (name, client) in [("services", scene.services.client!), ("foreign", scene.foreign.client!)] { watch(name, client) }
        scene.master.asked.append { [self] call in
            switch call.content {
            case .accept(let accept): explained.formUnion(accept.offers)
            case .decline(let offers, _): explained.formUnion(offers)
            default: break
            }
        }
        scene.master.telling.append { [self] _, event in if case .rescind(let id) = event { explained.insert(id) } }
        scene.master.stepping.append { [self] in look() }
    }

    private func watch(_ name: String, _ client: MasterClient) {
        let world = scene.world
        client.hearing.append { [self] event in
            switch event.type {
            case .offers:
                for offer in event.offers.offers {
                    world.count(.offers)
                    held[name]?.insert(offer.id.value)
                }
            case .rescind: held[name]?.remove(event.rescind.offerID.value)
            case .subscribed: held[name] = []
            default: break
            }
        }
        client.sending.append { [self] call in
            for id in call.accept.offerIds + call.decline.offerIds { held[name]?.remove(id.value) }
        }
        client.leaving.append { [self] in held[name] = [] }
    }

    /// Looks for offers that are gone from the master's books.
    private func look() {
        guard let core = scene.master.core else { return }
        if life != scene.master.life { known = [:] }
        life = scene.master.life
        var now: OrderedDictionary<String, UInt64> = [:]
        core.offers.forEach { _, offer in
            if case .connected(let stream) = core.frameworks[offer.framework].state { now[core.offerID(offer.number)] = stream }
        }
        let streams = Set(core.streams.keys)
        for (id, stream) in known where now[id] == nil && streams.contains(stream) { expectExplanation(id, stream) }
        known = now
    }

    private func expectExplanation(_ id: String, _ stream: UInt64) {
        let life = life
        // What is told leaves the master after the commit.
        scene.world.after(2 * .second) { [self] in
            guard explained.remove(id) == nil, scene.master.life == life, !scene.master.isFrozen, scene.master.core?.streams[stream] != nil else {
                return
            }
            scene.world.fail("offers-end", "offer \(id) is gone from the master, and its framework was not told")
        }
    }

    var troubles: [String] {
        guard let core = scene.master.core else { return ["the master is down"] }
        var known: [String: Set<String>] = ["services": [], "foreign": []]
        core.offers.forEach { _, offer in
            let name = core.frameworks[offer.framework].spec.name == "marathon" ? "services" : "foreign"
            known[name]?.insert(core.offerID(offer.number))
        }
        return ["services", "foreign"].compactMap { name in
            let (mine, its) = (held[name] ?? [], known[name] ?? [])
            if mine == its { return nil }
            return
                "\(name) holds the offers \(mine.subtracting(its).sorted()), which the master doesn't know, and not \(its.subtracting(mine).sorted())"
        }
    }
}
