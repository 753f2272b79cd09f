package example.acme.payments;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class AuthorizerTest {

    private final Authorizer authorizer = new Authorizer(100_000);

    @Test
    void aLargeAmountIsReviewed() {
        assertEquals(Authorizer.Decision.REVIEW, authorizer.decide(new Payment("A-1", 100_001, "tok")));
    }

    @Test
    void anOrderKeepsItsFirstAnswer() {
        authorizer.decide(new Payment("A-2", 500, "tok"));
        assertEquals(Authorizer.Decision.AUTHORIZED, authorizer.decide(new Payment("A-2", 900_000, "tok")));
    }
}
