import FrameworkCore
import Machine

extension Services {
    /// Over all that decides what happens next.
    package var digest: UInt64 {
        var digest = Digest()
        digest.combine(random.state)
        digest.combine(lastVersion.milliseconds)
        digest.combine(link.frameworkID ?? "")
        digest.combine(link.isSubscribed)
        for role in link.suppressed + ["/"] + queue.map(\.description) { digest.combine(role) }
        for id in appIDs {
            guard let app = appHandles[id] else { continue }
            digest.combine(id.description)
            digest.combine(apps[app].definition?.app.version.milliseconds ?? -1)
            digest.combine(apps[app].versions.count)
            digest.combine(apps[app].lock ?? "")
            digest.combine(apps[app].backoff.delay)
            for handle in apps[app].instances {
                digest.combine(instances[handle].id.description)
                digest.combine(instances[handle].stored)
            }
        }
        for id in groupIDs {
            digest.combine(id.description)
            digest.combine(groups[id]?.stored ?? [])
        }
        for change in history.changes { digest.combine(change.stored) }
        for deployment in deployments {
            digest.combine(deployment.stored)
            digest.combine(deployment.step)
        }
        digest.combine(timers.next ?? -1)
        return digest.value
    }

    package func checkInvariants() {
        var counted = 0
        for id in appIDs {
            guard let handle = appHandles[id] else { preconditionFailure("\(id) is listed and unknown") }
            let app = apps[handle]
            counted += app.instances.count
            let all = app.instances.map { instances[$0] }
            precondition(all.allSatisfy { $0.app == id }, "\(id) holds another app's instance")
            precondition(all.count { $0.isCounted } == app.tally.counted, "\(id) miscounts its instances")
            let waiting = all.count { $0.condition == .scheduled && $0.goal == .running }
            precondition(waiting == app.tally.waiting, "\(id) miscounts what waits")
            precondition((waiting > 0) == queue.contains(id), "\(id) waits and isn't queued, or the reverse")
            precondition(
                app.wantedRole == (isLaunchable(handle) ? app.definition?.app.role : nil), "\(id) is wanted and can't be launched, or the reverse")
            precondition(app.lock.map { lock in deployments.contains { $0.id == lock } } ?? true, "\(id) is locked by nobody")
            precondition(all.allSatisfy { !$0.condition.isTerminal }, "\(id) keeps an instance that has ended")
            precondition(all.allSatisfy { $0.condition == .scheduled || $0.task != nil }, "\(id) has an active instance without a task")
            precondition(app.definition != nil || all.allSatisfy { $0.goal != .running } && !all.isEmpty, "\(id) lingers after its deletion")
            if app.lock == nil, let definition = app.definition {
                precondition(app.tally.counted == definition.app.instances, "\(id) has \(app.tally.counted) instances, not what is wanted")
            }
        }
        precondition(counted == instances.count, "an instance belongs to no app")
        precondition(appIDs == appIDs.sorted(), "the apps are out of order")
    }
}
