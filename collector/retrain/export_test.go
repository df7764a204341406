package retrain

// SignTest is signTest.
var SignTest = signTest
