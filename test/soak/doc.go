// Command soak breaks a clusterset at random and holds it to what the rules say it must be when it is left in peace.
//
// Three members on test/lab export, edit and delete Services and pods at random, while controllers are killed, the hub's API
// server stops and members are cut off. Every quarter of a minute everything is healed; then each cluster's ServiceImports,
// derived Services and imported EndpointSlices, and the conditions of its ServiceExports, must become what controller/mcs.Merge
// makes of the exports that the exporting clusters' own objects amount to, and stay so without another write. What is done
// follows from the seed alone.
//
// Here belongs the random script, carrying it out, and an own reading of API objects in both directions, which shares nothing
// with controller/export and controller/importer but the pure core. It runs on test/clusterset, and nothing imports it.
package main
