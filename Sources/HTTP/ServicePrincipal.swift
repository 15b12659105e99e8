import Base

/// What a service's key may do. Of those two a person's key can do neither.
package enum ServiceScope: String, Sendable, CaseIterable {
    case validateToken = "token:validate"
    case writeAudit = "audit:write"
}

/// Another program that asks in its own name.
package struct ServicePrincipal: Sendable {
    package let key: APIKeyID
    package let name: String
    package let scopes: Set<ServiceScope>

    package init(key: APIKeyID, name: String, scopes: Set<ServiceScope>) {
        self.key = key
        self.name = name
        self.scopes = scopes
    }
}

/// Tells which service is asking. Throws a refusal when there is no key, or none that is valid.
package typealias AuthenticateService = @Sendable (Request) async throws -> ServicePrincipal
