import FrameworkCore
import Machine

/// The launch queue: apps with instances that wait for an offer, and whether the master is asked for offers at all.
extension Services {
    /// An instance of the app began to wait.
    mutating func waits(_ app: Handle<App>) {
        if apps[app].waitingSince == nil {
            apps[app].waitingSince = timestamp
            apps[app].funnel = OfferFunnel()
            queue.append(apps[app].id)
        }
        waitForBackoff(app)
        revive(app)
    }

    /// The last instance of the app has found its place or is given up.
    mutating func waitsNoLonger(_ app: Handle<App>) {
        apps[app].waitingSince = nil
        refreshWanted(app)
        let id = apps[app].id
        if let index = queue.firstIndex(of: id) { queue.remove(at: index) }
    }

    /// Whether offers for this app would be used, if they fit.
    func isLaunchable(_ app: Handle<App>) -> Bool {
        apps[app].tally.waiting > 0 && apps[app].definition != nil && apps[app].backoff.deadline(after: now.monotonic) == nil
    }

    /// Counts the app among those for which offers are wanted, or no longer. Called whenever its answer may have changed.
    mutating func refreshWanted(_ app: Handle<App>) { setWanted(app, isLaunchable(app) ? apps[app].definition?.app.role : nil) }

    mutating func setWanted(_ app: Handle<App>, _ role: String?) {
        guard role != apps[app].wantedRole else { return }
        if let old = apps[app].wantedRole { link.wanted[old, default: 0] -= 1 }
        if let role { link.wanted[role, default: 0] += 1 }
        apps[app].wantedRole = role
    }

    /// Something about the app is launchable that wasn't, or may fit where it didn't: refused offers are wanted back.
    mutating func revive(_ app: Handle<App>) {
        guard let role = apps[app].definition?.app.role, !link.reviving.contains(role) else { return }
        link.reviving.append(role)
    }

    // MARK: Back-off

    mutating func backOff(_ app: Handle<App>) {
        guard let definition = apps[app].definition else { return }
        apps[app].backoff.failed(definition.app, at: now.monotonic)
        waitForBackoff(app)
        clean()
    }

    /// An instance got further: a delay, if there is one, counts from here.
    mutating func advanceBackoff(_ app: Handle<App>) {
        apps[app].backoff.advanced(at: now.monotonic)
        // What still waits has to wait anew.
        if apps[app].wantedRole != nil { waitForBackoff(app) }
    }

    private mutating func clean() {
        guard !isCleaning else { return }
        isCleaning = true
        timers.set(.cleaning, at: now.monotonic.saturatingAdd(10 * .second))
    }

    mutating func forgetStaleBackoffs() {
        isCleaning = false
        for id in appIDs {
            guard let app = appHandles[id], let definition = apps[app].definition?.app else { continue }
            if apps[app].backoff.isStale(definition, at: now.monotonic) { resetBackoff(app) }
            if apps[app].backoff != Backoff() { clean() }
        }
    }

    mutating func waitForBackoff(_ app: Handle<App>) {
        refreshWanted(app)
        guard let deadline = apps[app].backoff.deadline(after: now.monotonic) else { return }
        timers.set(.backoff(apps[app].id), at: deadline)
    }

    mutating func backoffEnded(_ id: PathID) {
        guard let app = appHandles[id], apps[app].tally.waiting > 0 else { return }
        refreshWanted(app)
        if isLaunchable(app) { revive(app) } else { waitForBackoff(app) }
    }

    mutating func resetBackoff(_ app: Handle<App>) {
        guard apps[app].backoff != Backoff() else { return }
        apps[app].backoff = Backoff()
        refreshWanted(app)
        if apps[app].tally.waiting > 0 { revive(app) }
    }

    // MARK: Asking for offers

    /// Tells the master, role by role, whether offers are wanted: all that were refused once more, or none at all.
    mutating func adviseMaster() {
        presentRoles()
        guard link.isSubscribed else { return }
        for role in link.roles {
            // A role is wanted as long as one app of it can be launched.
            if link.wanted[role] ?? 0 > 0 {
                guard link.suppressed.contains(role) || link.reviving.contains(role) else { continue }
                link.suppressed.removeAll { $0 == role }
                counters.revives += 1
                output.effects.append(.call(Calls.revive(role)))
            } else if !link.suppressed.contains(role) {
                link.suppressed.append(role)
                counters.suppresses += 1
                output.effects.append(.call(Calls.suppress(role)))
            }
        }
        link.reviving = []
    }

    /// The framework has the roles of its apps, and its own.
    private mutating func presentRoles() {
        guard rolesMayHaveChanged else { return }
        rolesMayHaveChanged = false
        var roles = [configuration.identity.role]
        for id in appIDs {
            guard let app = appHandles[id], let role = apps[app].definition?.app.role, !roles.contains(role) else { continue }
            roles.append(role)
        }
        guard roles != link.roles else { return }
        // What is new isn't suppressed; what is gone needs no memory.
        link.suppressed = link.suppressed.filter(roles.contains)
        link.roles = roles
        present()
        if link.isSubscribed { output.effects.append(.call(Calls.update(frameworkInfo, suppressedRoles: link.suppressed))) }
    }

    /// Says what the next subscription is to be made with: nothing is wanted then until it has begun.
    mutating func present() {
        output.effects.append(.present(frameworkInfo, suppressedRoles: link.roles))
    }
}
